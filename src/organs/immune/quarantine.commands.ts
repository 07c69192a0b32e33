import type { Actor } from '../../event-log/event.js';
import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import { AGENT_NOT_FOUND, AGENTS, type Agent } from '../agents/index.js';
import type { Quarantine } from './entities/quarantine.entity.js';
import { ALREADY_QUARANTINED, ALREADY_TERMINATED, NOT_QUARANTINED } from './immune.errors.js';
import { withStanding } from './standing.rules.js';
import { QUARANTINES } from './tables.js';

/** A person isolates an agent. */
export function quarantineCommand(agentId: string, reason: string): Command {
  return {
    type: 'immune.quarantine',
    permission: 'immune.quarantine',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason },
    needs: [need(AGENTS, agentId)],
    decide: (state, context) => {
      const agent = state.get(AGENTS, agentId);
      if (!agent) return denied(AGENT_NOT_FOUND);
      if (agent.status === 'quarantined') return denied(ALREADY_QUARANTINED);
      if (agent.status === 'terminated') return denied(ALREADY_TERMINATED);
      const { effects, row } = isolate(agent, reason, context.principal.actor, [], context);
      return {
        outcome: 'succeeded',
        effects,
        answer: {
          agent_id: agentId,
          is_quarantined: true,
          quarantine_id: row.id,
          reason,
          quarantined_at: row.quarantined_at,
        },
      };
    },
  };
}

/** A policy isolates an agent, in the transaction of the event that set it off. Its agent was loaded with that event. */
export function systemQuarantineCommand(
  agentId: string,
  reason: string,
  policyId: string,
  evidence: readonly number[],
): Command {
  return {
    type: 'immune.quarantine',
    permission: 'system',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason, policy_id: policyId, evidence: [...evidence] },
    needs: [],
    decide: (state, context) => {
      const agent = state.get(AGENTS, agentId);
      if (agent?.status !== 'active') return { outcome: 'nothing' };
      const { effects } = isolate(agent, reason, { type: 'system', id: policyId }, evidence, context);
      return { outcome: 'succeeded', effects, answer: {} };
    },
  };
}

/** An arbiter lifts a quarantine. On probation the next refusal for lack of budget isolates the agent again. */
export function releaseCommand(agentId: string, reason: string, probation: boolean): Command {
  return {
    type: 'immune.release',
    permission: 'immune.release',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason, probation },
    needs: [need(AGENTS, agentId), need(QUARANTINES, agentId, 'agent_id')],
    decide: (state, context) => decideRelease(agentId, reason, probation, state, context),
  };
}

function decideRelease(
  agentId: string,
  reason: string,
  probation: boolean,
  state: State,
  context: DecisionContext,
): Decision {
  const agent = state.get(AGENTS, agentId);
  if (!agent) return denied(AGENT_NOT_FOUND);
  if (agent.status === 'terminated') return denied(ALREADY_TERMINATED);
  const open = state.find(QUARANTINES, 'agent_id', agentId).find((row) => row.released_at === null);
  if (agent.status !== 'quarantined' || !open) return denied(NOT_QUARANTINED);
  const released: Quarantine = {
    ...open,
    released_at: context.now,
    released_by: context.principal.actor.id,
    release_reason: reason,
    release_event_id: context.eventId,
  };
  const after: Agent = { ...withStanding(agent, 'active', reason, context), on_probation: probation };
  return {
    outcome: 'succeeded',
    causedBy: open.event_id,
    effects: [updated(AGENTS, after), updated(QUARANTINES, released)],
    answer: { agent_id: agentId, is_quarantined: false, on_probation: probation, released_at: context.now },
  };
}

/** Ends an agent for good (apoptosis). What it still holds is booked when it expires. */
export function terminateCommand(agentId: string, reason: string): Command {
  return {
    type: 'immune.terminate',
    permission: 'immune.terminate',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason },
    needs: [need(AGENTS, agentId)],
    decide: (state, context) => {
      const agent = state.get(AGENTS, agentId);
      if (!agent) return denied(AGENT_NOT_FOUND);
      if (agent.status === 'terminated') return denied(ALREADY_TERMINATED);
      const after = withStanding(agent, 'terminated', reason, context);
      return {
        outcome: 'succeeded',
        effects: [updated(AGENTS, after)],
        answer: { agent_id: agentId, is_terminated: true, terminated_at: context.now },
      };
    },
  };
}

function isolate(
  agent: Readonly<Agent>,
  reason: string,
  by: Actor,
  evidence: readonly number[],
  context: DecisionContext,
): { effects: Effect[]; row: Quarantine } {
  const row: Quarantine = {
    id: context.newId(),
    agent_id: agent.agent_id,
    reason,
    quarantined_at: context.now,
    quarantined_by_type: by.type,
    quarantined_by: by.id,
    evidence: [...evidence],
    event_id: context.eventId,
    released_at: null,
    released_by: null,
    release_reason: null,
    release_event_id: null,
  };
  return {
    row,
    effects: [updated(AGENTS, withStanding(agent, 'quarantined', reason, context)), inserted(QUARANTINES, row)],
  };
}

function denied(problem: Problem): Decision {
  return { outcome: 'denied', problem };
}
