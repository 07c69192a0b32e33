import type { Command } from '../../../event-log/command.js';
import { updated } from '../../../event-log/effect.js';
import { need } from '../../../event-log/working-set.js';
import type { Escalation } from '../entities/escalation.entity.js';
import { ESCALATIONS } from './tables.js';

/** Nobody decided in time: silence is a deny. */
export function expireEscalationCommand(id: string): Command {
  return {
    type: 'arbiter.expire',
    permission: 'system',
    subject: { type: 'escalation', id },
    payload: {},
    needs: [need(ESCALATIONS, id)],
    decide: (state, { now, eventId }) => {
      const escalation = state.get(ESCALATIONS, id);
      if (escalation?.status !== 'pending' || escalation.decide_by > now) return { outcome: 'nothing' };
      const after: Escalation = { ...escalation, status: 'expired', decided_at: now, decided_event_id: eventId };
      return {
        outcome: 'succeeded',
        causedBy: escalation.event_id,
        effects: [updated(ESCALATIONS, after)],
        answer: { id },
      };
    },
  };
}
