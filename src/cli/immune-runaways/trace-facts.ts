import { hash } from 'node:crypto';
import { NANO_PER_UNIT } from '../../platform/decimal.js';
import { timestampOfMs } from '../../organs/immune/detection/spans.js';
import type { Fact } from '../../organs/immune/detection/fact.js';
import type { Policy } from '../../organs/immune/detection/policy.js';
import { planTrace, type Step } from '../replay/plan.js';
import type { Trace } from '../replay/trace-reader.js';

/** A fact that has no place in a log yet. */
export type Draft = Fact extends infer F ? (F extends Fact ? Omit<F, 'eventId' | 'occurredAt'> : never) : never;

/** Milliseconds after which an action that the trace never ends counts as expired: an hour. */
const EXPIRY_MS = 3_600_000;

/** What a trace's agents do, by the trace's clock, in order of time. */
export function draftsOf({ events, format }: Trace): Draft[] {
  const plan = planTrace(events);
  const drafts = plan.lanes.flatMap(({ user, steps }) => {
    const agentId = `${format.agentPrefix}${user}`;
    return steps.flatMap((step) => draftsOfStep(step, agentId, format));
  });
  return drafts.toSorted((a, b) => a.at - b.at);
}

function draftsOfStep(
  step: Step,
  agentId: string,
  { unit, actionType, holdNano }: Pick<Trace['format'], 'unit' | 'actionType' | 'holdNano'>,
): Draft[] {
  const { atMs: at } = step;
  if (step.kind === 'start') {
    const held = [{ unit, amount: unitsOf(step.holdNano ?? holdNano) }];
    const fingerprint = hash('sha256', JSON.stringify(step.notes), 'base64url');
    return [{ kind: 'authorized', at, agentId, actionId: String(step.seq), actionType, fingerprint, held }];
  }
  const spent = [{ unit, amount: unitsOf(step.costNano) }];
  if (step.kind === 'charge') return [{ kind: 'charged', at, agentId, actionId: null, spent }];
  const actionId = String(step.opens);
  if (step.ending === 'never') {
    const began = Date.parse(String(step.notes['trace_time']));
    return [{ kind: 'expired', at: began + EXPIRY_MS, agentId, actionId }];
  }
  return [{ kind: 'ended', at, agentId, actionId, isSuccess: step.ending === 'success', spent }];
}

/** A log's facts: policies and registrations first, then the drafts, numbered in their order. */
export function* logOf(drafts: readonly Draft[], policies: readonly Policy[]): Generator<Fact> {
  let eventId = 0;
  const at = drafts[0]?.at ?? 0;
  const agentIds = new Set(drafts.flatMap((draft) => ('agentId' in draft ? [draft.agentId] : [])));
  const first: Draft[] = [
    ...policies.map((policy) => ({ kind: 'policy', at, policy }) as const),
    ...[...agentIds].map((agentId) => ({ kind: 'registered', at, agentId, type: 'task' }) as const),
  ];
  for (const list of [first, drafts]) {
    for (const draft of list) {
      eventId += 1;
      yield { ...draft, eventId, occurredAt: timestampOfMs(draft.at) };
    }
  }
}

function unitsOf(nano: bigint): number {
  return Number(nano) / Number(NANO_PER_UNIT);
}
