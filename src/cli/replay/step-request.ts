import type { JsonObject } from '../../platform/json.js';
import { jsonAmount } from '../exact-amount.js';
import type { Call } from '../substrate-client.js';
import type { Step } from './plan.js';
import type { TraceFormat } from './trace-format.js';

/** What all requests of a run have in common. */
export interface RunTerms {
  readonly format: Pick<TraceFormat, 'actionType' | 'unit' | 'holdNano' | 'priced'>;
  /** Held for every call; null: what the trace says of each, or else its format. */
  readonly holdNano: bigint | null;
  /** Start of every idempotency key. */
  readonly key: string;
}

/** How a completion tells the way a call ended. */
const ENDINGS = {
  success: { status: 'success' },
  failed: { status: 'failed', reason: 'the trace records an exception' },
  never: { status: 'failed', reason: 'the trace records no end' },
} as const;

/**
 * The request of a step. Its idempotency key depends on the file, the run and the row alone, so that a repeated run
 * asks for nothing new.
 * @param actionId of the action that a completion ends
 */
export function requestOf(step: Step, terms: RunTerms, actionId: string): Call {
  return {
    method: 'POST',
    path: pathOf(step, actionId),
    idempotencyKey: `${terms.key}:${step.seq}:${step.kind}`,
    body: bodyOf(step, terms),
  };
}

function pathOf(step: Step, actionId: string): string {
  if (step.kind === 'charge') return '/metabolism/charge';
  return step.kind === 'start' ? '/actions' : `/actions/${encodeURIComponent(actionId)}/complete`;
}

function bodyOf(step: Step, { format, holdNano }: RunTerms): JsonObject {
  const { actionType, unit, priced } = format;
  const usage = priced && step.usage ? { ...priced, ...step.usage } : null;
  if (step.kind === 'start') {
    if (usage) return { action_type: actionType, payload: step.notes, usage };
    const amount = jsonAmount(holdNano ?? step.holdNano ?? format.holdNano);
    return { action_type: actionType, payload: step.notes, cost: { amount, unit } };
  }
  const amount = jsonAmount(step.costNano);
  if (step.kind === 'charge') {
    const occurredAt = new Date(step.atMs).toISOString();
    const cost = usage ? { usage } : { cost_amount: amount, unit };
    return { cost_type: actionType, ...cost, occurred_at: occurredAt, attributes: step.notes };
  }
  const { status, ...why } = ENDINGS[step.ending];
  return { status, result: { ...step.notes, ...why }, ...(usage ? { usage } : { cost: { amount, unit } }) };
}
