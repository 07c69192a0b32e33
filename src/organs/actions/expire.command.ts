import type { Command } from '../../event-log/command.js';
import { amountsOfText, Books, holdNeeds, HOLDS } from '../metabolism/index.js';
import { settleOpen } from './settlement.rules.js';

/** Books an action that nobody completed in time: its whole hold, as an estimate, since it may have been spent. */
export function expireCommand(actionId: string): Command {
  return {
    type: 'actions.expire',
    permission: 'system',
    subject: { type: 'action', id: actionId },
    payload: {},
    needs: holdNeeds(actionId),
    decide: (state, context) => {
      const hold = state.get(HOLDS, actionId);
      if (!hold || hold.status !== 'authorized' || hold.expires_at > context.now) return { outcome: 'nothing' };
      const costs = amountsOfText(hold.amounts);
      const ending = { status: 'expired', costs, pricing: hold.pricing, booksZero: true } as const;
      const { effects, followUps } = settleOpen(hold, new Books(state, hold.scopes, context), ending, context);
      return {
        outcome: 'succeeded',
        causedBy: hold.event_id,
        payload: { estimated: hold.amounts },
        effects,
        followUps,
        answer: { action_id: actionId },
      };
    },
  };
}
