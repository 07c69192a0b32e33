import type { Command } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { decimalOfNano, numberOfNano } from '../../platform/decimal.js';
import { Books } from './books.js';
import { granted } from './grants.js';
import { HOUR_SECONDS } from './period.js';
import { agentScope, chainNeeds } from './scopes.js';
import { LIMITS } from './tables.js';

/** What an allocation grants; the amount in nano-units. */
export interface Grant {
  readonly agentId: string;
  readonly unit: string;
  readonly total: bigint;
  readonly hours: number;
}

/** Sets a fresh budget window: the simple door to a limit of one window on the agent. */
export function allocateCommand(grant: Grant): Command {
  const { agentId, unit, total, hours } = grant;
  const scopeId = agentScope(agentId);
  return {
    type: 'metabolism.allocate',
    permission: 'budgets.manage',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, total_budget: decimalOfNano(total), unit, window_hours: hours },
    needs: chainNeeds(scopeId),
    decide: (state, context) => {
      const books = new Books(state, [scopeId], context);
      const before = books
        .limitsOf(scopeId)
        .map(({ limit }) => limit)
        .find((limit) => limit.unit === unit && limit.period.kind === 'single');
      const sums = books.sumsOf(scopeId, unit);
      const limit = granted(
        before ?? null,
        { id: context.newId(), scopeId, unit, total, seconds: hours * HOUR_SECONDS },
        sums,
        context,
      );
      return {
        outcome: 'succeeded',
        effects: [before ? updated(LIMITS, limit) : inserted(LIMITS, limit)],
        answer: {
          success: true,
          agent_id: agentId,
          allocated_budget: numberOfNano(total),
          unit,
          window_start: limit.window_start,
          window_end: limit.window_end,
        },
      };
    },
  };
}
