import type { Command } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { decimalOfNano } from '../../platform/decimal.js';
import { Books } from './books.js';
import type { Limit } from './entities/limit.entity.js';
import { limitDto } from './limit-answers.js';
import { forgiven, funded, standingOf } from './limit.rules.js';
import { LIMIT_NOT_FOUND, NOT_IN_DEBT } from './metabolism.errors.js';
import { chainNeeds } from './scopes.js';
import { LIMITS } from './tables.js';

/** How an arbiter lifts a debt; the amount in nano-units, all of it unless given. */
export interface Relief {
  readonly scopeId: string;
  readonly limitId: string;
  /** `forgive`: the window bears so much less; `fund`: it may bear so much more. The ledger stays as it is either way. */
  readonly how: 'forgive' | 'fund';
  readonly amount: bigint | null;
  readonly reason: string;
}

/** Forgives debt of a limit, or gives its window more to bear. */
export function relieveCommand({ scopeId, limitId, how, amount, reason }: Relief): Command {
  return {
    type: `metabolism.${how}_debt`,
    permission: 'debts.settle',
    subject: { type: 'scope', id: scopeId },
    payload: {
      scope_id: scopeId,
      limit_id: limitId,
      ...(amount === null ? {} : { amount: decimalOfNano(amount) }),
      reason,
    },
    needs: chainNeeds(scopeId),
    decide: (state, context) => {
      const { now } = context;
      const books = new Books(state, [scopeId], context);
      const limit = books.limitsOf(scopeId).find((each) => each.limit.id === limitId)?.limit;
      if (!limit) return { outcome: 'denied', problem: LIMIT_NOT_FOUND };
      const sums = books.sumsOf(scopeId, limit.unit);
      const { debt } = standingOf(limit, sums, now);
      const relief = amount ?? debt;
      if (relief === 0n || (how === 'forgive' && relief > debt)) return { outcome: 'denied', problem: NOT_IN_DEBT };
      const relieved = (how === 'forgive' ? forgiven : funded)(limit, relief, now);
      const standing = standingOf(relieved, sums, now);
      const after: Limit = { ...relieved, in_debt: standing.debt > 0n };
      const answer = { relieved: Number(decimalOfNano(relief)), limit: { ...limitDto(after, standing) } };
      return { outcome: 'succeeded', effects: [updated(LIMITS, after)], answer };
    },
  };
}
