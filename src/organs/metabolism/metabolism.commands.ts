import type { Command } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import { decimalOfNano, numberOfNano } from '../../platform/decimal.js';
import { allocate, budgetId } from './budget.rules.js';
import { BUDGETS } from './tables.js';

/** What an allocation grants; the amount in nano-units. */
export interface Grant {
  readonly agentId: string;
  readonly unit: string;
  readonly total: bigint;
  readonly hours: number;
}

/** Sets a fresh budget window. */
export function allocateCommand(grant: Grant): Command {
  const id = budgetId(grant.agentId, grant.unit);
  return {
    type: 'metabolism.allocate',
    permission: 'budgets.manage',
    subject: { type: 'agent', id: grant.agentId },
    payload: {
      agent_id: grant.agentId,
      total_budget: decimalOfNano(grant.total),
      unit: grant.unit,
      window_hours: grant.hours,
    },
    needs: [need(BUDGETS, id)],
    decide: (state, { now }) => {
      const before = state.get(BUDGETS, id);
      const budget = allocate(before, grant, now);
      return {
        outcome: 'succeeded',
        effects: [before ? updated(BUDGETS, budget) : inserted(BUDGETS, budget)],
        answer: {
          success: true,
          agent_id: grant.agentId,
          allocated_budget: numberOfNano(grant.total),
          unit: grant.unit,
          window_start: budget.window_start,
          window_end: budget.window_end,
        },
      };
    },
  };
}
