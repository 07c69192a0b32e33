import type { Command } from '../../event-log/command.js';
import { Books, endedWithoutAgent, holdNeeds, HOLDS } from '../metabolism/index.js';

/**
 * Ends an action that nobody completed in time. Begun, its whole hold is booked as an estimate, since it may have been spent;
 * never begun, it is given back.
 */
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
      const { effects, followUps } = endedWithoutAgent(hold, new Books(state, hold.scopes, context), context);
      return {
        outcome: 'succeeded',
        causedBy: hold.event_id,
        payload: hold.begun_at !== null ? { estimated: hold.amounts } : { given_back: hold.amounts },
        effects,
        followUps,
        answer: { action_id: actionId },
      };
    },
  };
}
