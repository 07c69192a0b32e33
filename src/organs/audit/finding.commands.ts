import { hash } from 'node:crypto';
import type { Command } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { tableOf } from '../../event-log/table.js';
import type { Finding } from '../../event-log/verification/findings.js';
import { need } from '../../event-log/working-set.js';
import { alertNeeds, alertUnlessRaised } from '../arbiter/index.js';
import { AuditFinding } from './entities/audit-finding.entity.js';

/** The table of findings. */
export const FINDINGS = tableOf(AuditFinding);

/** Longest text of a finding that goes into the log, in characters. */
const REASON_MAX = 1_000;

/** Where a finding is, in words that stay the same when it is found again. */
export function placeOf({ event_id: event, table, key }: Finding): string {
  if (table !== undefined) return key === undefined ? table : `${table} ${key}`;
  return event === undefined ? 'database' : `event ${event}`;
}

/** The key under which a finding is known. */
export function findingId(finding: Finding): string {
  return hash('sha256', `${finding.kind}\n${placeOf(finding)}`, 'hex');
}

/** Records that something does not hold, and moves the state from `observe` to `alert`. Nothing, where it is known already. */
export function findingCommand(finding: Finding): Command {
  const id = findingId(finding);
  const { kind } = finding;
  const place = placeOf(finding);
  const reason = finding.reason.slice(0, REASON_MAX);
  return {
    type: 'audit.finding',
    permission: 'system',
    subject: { type: 'finding', id },
    payload: { kind, place, reason },
    needs: [need(FINDINGS, id), ...alertNeeds()],
    decide: (state, { now, eventId }) => {
      const known = state.get(FINDINGS, id);
      if (known && known.cleared_at === null) return { outcome: 'nothing' };
      const row: AuditFinding = {
        id,
        kind,
        place,
        reason,
        found_at: now,
        event_id: eventId,
        cleared_at: null,
        cleared_event_id: null,
      };
      return {
        outcome: 'succeeded',
        answer: {},
        effects: [known ? updated(FINDINGS, row) : inserted(FINDINGS, row)],
        followUps: alertUnlessRaised(state, `the audit found ${kind} at ${place}`),
      };
    },
  };
}

/** Records that a whole audit no longer finds something. The state stays as it is: that is for people to move. */
export function clearCommand(id: string): Command {
  return {
    type: 'audit.clear',
    permission: 'system',
    subject: { type: 'finding', id },
    payload: {},
    needs: [need(FINDINGS, id)],
    decide: (state, { now, eventId }) => {
      const known = state.get(FINDINGS, id);
      if (!known || known.cleared_at !== null) return { outcome: 'nothing' };
      return {
        outcome: 'succeeded',
        answer: {},
        causedBy: known.event_id,
        effects: [updated(FINDINGS, { ...known, cleared_at: now, cleared_event_id: eventId })],
      };
    },
  };
}
