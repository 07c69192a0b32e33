import type { Command } from '../../event-log/command.js';
import { need } from '../../event-log/working-set.js';
import { decimalOfNano } from '../../platform/decimal.js';
import { BUDGETS, HOLDS } from '../metabolism/index.js';
import { budgetOf } from './complete.command.js';
import { settleOpen } from './settlement.rules.js';

/** Books an action that nobody completed in time: its whole hold, as an estimate, since it may have been spent. */
export function expireCommand(actionId: string, agentId: string): Command {
  return {
    type: 'actions.expire',
    permission: 'system',
    subject: { type: 'action', id: actionId },
    payload: {},
    needs: [need(HOLDS, actionId), need(BUDGETS, agentId, 'agent_id')],
    decide: (state, context) => {
      const hold = state.get(HOLDS, actionId);
      if (!hold || hold.status !== 'authorized' || hold.expires_at > context.now) return { outcome: 'nothing' };
      const ending = { status: 'expired', cost: hold.amount_nano, booksZero: true } as const;
      const { effects } = settleOpen(hold, budgetOf(state, hold), ending, context);
      return {
        outcome: 'succeeded',
        causedBy: hold.event_id,
        payload: { estimated: { amount: decimalOfNano(hold.amount_nano), unit: hold.unit } },
        effects,
        answer: { action_id: actionId },
      };
    },
  };
}
