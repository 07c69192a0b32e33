import type { Command } from '../../event-log/command.js';
import { inserted } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import type { Finding } from './detection/finding.js';
import type { ImmuneFinding } from './entities/immune-finding.entity.js';
import { policyQuarantineCommand } from './quarantine.commands.js';
import { requireApprovalCommand } from './supervision.rules.js';
import { FINDINGS } from './tables.js';
import { policyTerminateCommand } from './terminate.command.js';
import { throttleCommand } from './throttle.rules.js';

/**
 * Records what a detector found, and in the same transaction does what its policy says. Nothing where it is recorded
 * already: whoever judges the log again finds the same.
 */
export function findingCommand(finding: Finding): Command {
  const record = newFindingCommand(finding);
  return {
    ...record,
    decide: (state, context) => {
      state.require([need(FINDINGS, finding.id)]);
      return state.get(FINDINGS, finding.id) ? { outcome: 'nothing' } : record.decide(state, context);
    },
  };
}

/**
 * The same for what the event that is being decided sets off: its finding bears that event's id, so nobody can have recorded
 * it. Asking would ask for another row in each attempt at a batch, since ids shift as what comes before is decided.
 */
export function newFindingCommand(finding: Finding): Command {
  return {
    type: 'immune.finding',
    permission: 'system',
    subject: { type: 'agent', id: finding.agent_id },
    payload: { ...finding },
    needs: [],
    decide: (_state, { now, eventId }) => {
      const { from, to, evidence, ...rest } = finding;
      const row: ImmuneFinding = {
        ...rest,
        evidence: [...evidence],
        window_start: from,
        window_end: to,
        found_at: now,
        event_id: eventId,
        resolution: null,
        resolved_at: null,
        resolved_by: null,
        resolution_reason: null,
        resolution_event_id: null,
      };
      return {
        outcome: 'succeeded',
        causedBy: evidence.at(-1) ?? eventId - 1,
        answer: { id: finding.id },
        effects: [inserted(FINDINGS, row)],
        followUps: finding.mode === 'on' ? answerTo(finding) : [],
      };
    },
  };
}

/** What follows from a finding. */
function answerTo(finding: Finding): Command[] {
  switch (finding.answer) {
    case 'flag':
    case 'alert':
      return [];
    case 'throttle':
      return [throttleCommand(finding)];
    case 'require_approval':
      return [requireApprovalCommand(finding)];
    case 'quarantine':
      return [policyQuarantineCommand(finding)];
    case 'terminate':
      return [policyTerminateCommand(finding)];
  }
}
