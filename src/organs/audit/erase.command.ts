import type { Command } from '../../event-log/command.js';
import { deleted } from '../../event-log/effect.js';
import { EventTextRow } from '../../event-log/entities.js';
import { tableOf } from '../../event-log/table.js';
import { need } from '../../event-log/working-set.js';
import { NOTHING_TO_ERASE } from './audit.errors.js';

/** The table of the texts beside the log. */
const TEXTS = tableOf(EventTextRow);

/** Erases the texts that are kept beside an event. Its body, hash and proofs stay as they are; the salts go with the texts. */
export function eraseCommand(eventId: number, reason: string): Command {
  return {
    type: 'audit.erase',
    permission: 'log.erase',
    subject: { type: 'event', id: String(eventId) },
    payload: { event_id: eventId, reason },
    needs: [need(TEXTS, String(eventId), 'event_id')],
    decide: (state, { now }) => {
      const rows = state.find(TEXTS, 'event_id', String(eventId));
      if (rows.length === 0) return { outcome: 'denied', problem: NOTHING_TO_ERASE };
      const members = rows.map(({ member }) => member).toSorted();
      return {
        outcome: 'succeeded',
        causedBy: eventId,
        payload: { event_id: eventId, members, reason },
        effects: rows.map((row) => deleted(TEXTS, row)),
        answer: { event_id: eventId, erased: members, timestamp: now },
      };
    },
  };
}
