import type { Command, Decision, DecisionContext } from '../../../event-log/command.js';
import { updated } from '../../../event-log/effect.js';
import { need, type State } from '../../../event-log/working-set.js';
import type { Problem } from '../../../platform/errors/problem.js';
import { plusSeconds } from '../../../platform/time.js';
import { AGENTS } from '../../agents/index.js';
import type { Escalation } from '../entities/escalation.entity.js';
import { isPolicyChanged, policyFor, policyNeeds } from './approval-policy.rules.js';
import { escalationAnswer } from './escalation-answers.js';
import {
  ALREADY_APPROVED,
  alreadyDecided,
  alreadyUsed,
  approvalVoid,
  decidedTooLate,
  ESCALATION_NOT_FOUND,
  OWN_AGENT,
  PAYLOAD_ERASED,
  policyChanged,
} from './escalations.errors.js';
import { isOwn, ownershipNeeds } from './own-agent.rules.js';
import { ESCALATIONS } from './tables.js';
import { isVoid, personalText } from './use.rules.js';

/** A person says yes. The last yes that the policy asks for approves. */
export function approveCommand(id: string, reason: string): Command {
  return {
    type: 'arbiter.approve',
    permission: 'escalations.decide',
    subject: { type: 'escalation', id },
    payload: { reason },
    needs: [need(ESCALATIONS, id)],
    decide: (state, context) => decideApproval(id, reason, state, context),
  };
}

/** A person says no, which ends it, whoever approved it before: as long as it is not used. */
export function denyCommand(id: string, reason: string): Command {
  return {
    type: 'arbiter.deny',
    permission: 'escalations.decide',
    subject: { type: 'escalation', id },
    payload: { reason },
    needs: [need(ESCALATIONS, id)],
    decide: (state, context) => decideDenial(id, reason, state, context),
  };
}

function decideApproval(id: string, reason: string, state: State, context: DecisionContext): Decision {
  const escalation = state.get(ESCALATIONS, id);
  if (!escalation) return { outcome: 'denied', problem: ESCALATION_NOT_FOUND };
  const causedBy = escalation.event_id;
  const problem = approvalFault(escalation, state, context);
  if (problem) return { outcome: 'denied', problem, causedBy };
  const { now, eventId, principal } = context;
  const approval = { user_id: principal.actor.id, at: now, event_id: eventId, reason };
  const approvals = [...escalation.approvals, approval];
  const usable = policyFor(state, escalation.action_type).usable_seconds;
  const after: Escalation =
    approvals.length < escalation.approvals_needed
      ? { ...escalation, approvals }
      : {
          ...decided(escalation, 'approved', reason, context),
          approvals,
          usable_until: plusSeconds(now, usable),
        };
  return {
    outcome: 'succeeded',
    causedBy,
    effects: [updated(ESCALATIONS, after)],
    answer: escalationAnswer(after, now),
  };
}

/** Why somebody cannot approve, or null. Loads what it asks for. */
function approvalFault(
  escalation: Readonly<Escalation>,
  state: State,
  { now, principal }: DecisionContext,
): Problem | null {
  const { agent_id: agentId, status, approvals } = escalation;
  const userId = principal.actor.id;
  state.require([...ownershipNeeds(agentId), ...policyNeeds(escalation.action_type)]);
  if (isOwn(state, escalation, userId)) return OWN_AGENT;
  if (status !== 'pending') return alreadyDecided(escalation);
  if (escalation.decide_by <= now) return decidedTooLate(escalation);
  const agent = state.get(AGENTS, agentId);
  if (!agent || isVoid(agent, escalation)) return approvalVoid(agent ?? { status_since: now });
  if (isPolicyChanged(state, escalation)) return policyChanged(escalation);
  if (approvals.some((each) => each.user_id === userId)) return ALREADY_APPROVED;
  return escalation.personal && personalText(state, escalation) === null ? PAYLOAD_ERASED : null;
}

function decideDenial(id: string, reason: string, state: State, context: DecisionContext): Decision {
  const escalation = state.get(ESCALATIONS, id);
  if (!escalation) return { outcome: 'denied', problem: ESCALATION_NOT_FOUND };
  const causedBy = escalation.event_id;
  const problem = denialFault(escalation);
  if (problem) return { outcome: 'denied', problem, causedBy };
  const after: Escalation = { ...decided(escalation, 'denied', reason, context), usable_until: null };
  return {
    outcome: 'succeeded',
    causedBy,
    effects: [updated(ESCALATIONS, after)],
    answer: escalationAnswer(after, context.now),
  };
}

function denialFault(escalation: Readonly<Escalation>): Problem | null {
  switch (escalation.status) {
    case 'pending':
    case 'approved':
      return null;
    case 'used':
      return alreadyUsed(escalation);
    case 'denied':
    case 'expired':
      return alreadyDecided(escalation);
  }
}

function decided(
  escalation: Readonly<Escalation>,
  status: 'approved' | 'denied',
  reason: string,
  { now, eventId, principal }: DecisionContext,
): Escalation {
  return {
    ...escalation,
    status,
    decided_by: principal.actor.id,
    decided_at: now,
    decision_reason: reason,
    decided_event_id: eventId,
  };
}
