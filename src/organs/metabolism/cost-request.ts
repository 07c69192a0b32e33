import { nanoOfNumber } from '../../platform/decimal.js';
import { ProblemError, type Problem } from '../../platform/errors/problem.js';
import type { JsonObject } from '../../platform/json.js';
import type { ClaimedUsage } from './costing.js';
import { PRICED_UNIT } from './priced-usage.js';
import { claimedUsage } from './usage-request.js';

/** The cost that a body tells. @throws ProblemError 400 when it tells dollars and usage that is priced in dollars */
export function costIn<U extends string | undefined>(body: {
  readonly cost?: { readonly amount: number; readonly unit?: U } | undefined;
  readonly costs?: readonly { readonly amount: number; readonly unit: U }[] | undefined;
  readonly usage?: JsonObject;
  readonly usage_body?: JsonObject;
}): { readonly amounts: { readonly unit: U; readonly nano: bigint }[]; readonly usage?: ClaimedUsage } {
  const named = body.costs ?? (body.cost ? [body.cost] : []);
  const amounts = named.map(({ unit, amount }) => ({ unit: unit as U, nano: nanoOfNumber(amount) }));
  const usage = claimedUsage(body);
  if (usage && amounts.some(({ unit }) => unit === PRICED_UNIT)) throw new ProblemError(DOLLARS_TWICE);
  return usage ? { amounts, usage } : { amounts };
}

const DOLLARS_TWICE: Problem = {
  status: 400,
  code: 'REQUEST.INVALID',
  detail: `usage is priced in ${PRICED_UNIT}`,
  errors: [{ pointer: '/costs', detail: `cannot have ${PRICED_UNIT} beside usage` }],
};
