import type { Problem } from '../../platform/errors/problem.js';
import { decimalOfNano, numberOfNano } from '../../platform/decimal.js';
import type { Refusal } from './books.js';
import { agentOfScope, SUBSTRATE_SCOPE } from './scopes.js';

/** 402: why an amount does not fit, in which scope, and what would help. */
export function budgetExceeded(refusal: Refusal): Problem {
  const { asked, remaining, scopeId, limit } = refusal;
  return {
    status: 402,
    code: 'METABOLISM.BUDGET_EXCEEDED',
    detail: detailOf(refusal),
    members: {
      unit: asked.unit,
      required: numberOfNano(asked.nano),
      remaining_budget: numberOfNano(remaining),
      scope_id: scopeId,
      ...(limit ? { limit_id: limit.id } : {}),
    },
  };
}

function detailOf({ reason, scopeId, limit, asked, remaining, debt }: Refusal): string {
  const { unit } = asked;
  const where = nameOf(scopeId);
  switch (reason) {
    case 'no_limit':
      return `the agent has no budget in ${unit}; allocate one`;
    case 'ended':
      return `the budget's window of ${where} ended at ${limit?.window_end ?? 'once'}; allocate a new one`;
    case 'debt':
      return `${where} is ${decimalOfNano(debt)} ${unit} in debt; the next window or allocation pays that first, or an arbiter funds or forgives it`;
    case 'exceeded':
      return `the budget of ${where} has ${decimalOfNano(remaining)} ${unit} left and ${decimalOfNano(asked.nano)} ${unit} are needed`;
  }
}

function nameOf(scopeId: string): string {
  if (scopeId === SUBSTRATE_SCOPE) return 'the substrate';
  return agentOfScope(scopeId) === null ? `the group ${scopeId}` : 'the agent';
}

/** 404. */
export const SCOPE_NOT_FOUND: Problem = {
  status: 404,
  code: 'METABOLISM.SCOPE_NOT_FOUND',
  detail: 'there is no scope of this id; groups are made with POST /metabolism/scopes',
};

/** 409. */
export const SCOPE_LOOP: Problem = {
  status: 409,
  code: 'METABOLISM.SCOPE_LOOP',
  detail: 'a group cannot be below itself or below one of its own',
};

/** 409. */
export function tooDeep(levels: number): Problem {
  return {
    status: 409,
    code: 'METABOLISM.SCOPE_TOO_DEEP',
    detail: `groups nest up to ${levels} levels; this would be deeper`,
  };
}

/** 409: only groups have something below them. */
export const NOT_A_GROUP: Problem = {
  status: 409,
  code: 'METABOLISM.NOT_A_GROUP',
  detail: 'only the substrate and groups have scopes below them; the substrate itself stands above all',
};

/** 404. */
export const LIMIT_NOT_FOUND: Problem = {
  status: 404,
  code: 'METABOLISM.LIMIT_NOT_FOUND',
  detail: 'the scope has no such limit',
};

/** 409. */
export const NOT_IN_DEBT: Problem = {
  status: 409,
  code: 'METABOLISM.NOT_IN_DEBT',
  detail: 'the limit is in no debt of that much',
};

/** 409: what was used cannot be priced, and nothing is taken for free. */
export function priceUnknown(provider: string, model: string): Problem {
  return {
    status: 409,
    code: 'METABOLISM.PRICE_UNKNOWN',
    detail: `there is no price for the model ${model} of ${provider}; give one with POST /metabolism/prices, or name the amount`,
  };
}

/** 409: the usage does not fit the price, or tells nothing. */
export function unpriceable(reason: string, detail: string): Problem {
  return { status: 409, code: `METABOLISM.${reason}`, detail };
}

/** 404. */
export const ENTRY_NOT_FOUND: Problem = {
  status: 404,
  code: 'METABOLISM.ENTRY_NOT_FOUND',
  detail: 'there is no such row of priced usage in the ledger',
};
