import type { Command } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import type { ImmuneFinding, Resolution } from './entities/immune-finding.entity.js';
import { alreadyDecided, FINDING_NOT_FOUND } from './immune.errors.js';
import { FINDINGS } from './tables.js';

/** What a decision is called in the log. */
const TYPES = {
  resolved: 'immune.resolve_anomaly',
  dismissed: 'immune.dismiss_anomaly',
} as const satisfies Record<Resolution, string>;

/**
 * Somebody decides about a finding: what it tells of is over, or it was nothing. Once for each.
 * @param findingEventId the event that recorded it
 */
export function decideAnomalyCommand(findingEventId: string, resolution: Resolution, reason: string): Command {
  return {
    type: TYPES[resolution],
    permission: 'anomalies.decide',
    subject: { type: 'finding', id: findingEventId },
    payload: { finding_event_id: Number(findingEventId), reason },
    needs: [need(FINDINGS, findingEventId, 'event_id')],
    decide: (state, { now, principal, eventId }) => {
      const [finding] = state.find(FINDINGS, 'event_id', findingEventId);
      if (!finding) return { outcome: 'denied', problem: FINDING_NOT_FOUND };
      const causedBy = finding.event_id;
      if (finding.resolution !== null) {
        return { outcome: 'denied', problem: alreadyDecided(finding.resolution, finding.resolved_by), causedBy };
      }
      const after: ImmuneFinding = {
        ...finding,
        resolution,
        resolved_at: now,
        resolved_by: principal.actor.id,
        resolution_reason: reason,
        resolution_event_id: eventId,
      };
      return {
        outcome: 'succeeded',
        causedBy,
        effects: [updated(FINDINGS, after)],
        answer: {
          id: finding.id,
          agent_id: finding.agent_id,
          status: resolution,
          resolved_at: now,
          resolved_by: principal.actor.id,
          reason,
        },
      };
    },
  };
}
