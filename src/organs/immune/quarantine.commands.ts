import type { Command, Decision } from '../../event-log/command.js';
import type { JsonObject } from '../../platform/json.js';
import type { Problem } from '../../platform/errors/problem.js';
import { AGENT_NOT_FOUND, AGENTS } from '../agents/index.js';
import type { Finding } from './detection/finding.js';
import { ALREADY_QUARANTINED, ALREADY_TERMINATED } from './immune.errors.js';
import { activeBelow, isolated, isolationNeeds } from './isolation.rules.js';

/** A person isolates an agent, and with it all below it. */
export function quarantineCommand(agentId: string, reason: string): Command {
  return {
    type: 'immune.quarantine',
    permission: 'immune.quarantine',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason },
    needs: isolationNeeds(agentId),
    decide: (state, context) => {
      const agent = state.get(AGENTS, agentId);
      if (!agent) return denied(AGENT_NOT_FOUND);
      if (agent.status === 'quarantined') return denied(ALREADY_QUARANTINED);
      if (agent.status === 'terminated') return denied(ALREADY_TERMINATED);
      const order = { reason, by: context.principal.actor, evidence: [], findingId: null, inheritedFrom: null };
      const { effects, followUps, row } = isolated(agent, order, state, context);
      const below = activeBelow(state, agentId);
      return {
        outcome: 'succeeded',
        effects,
        followUps: [...followUps, ...below.map((child) => inheritedCommand(child.agent_id, row))],
        answer: {
          agent_id: agentId,
          is_quarantined: true,
          quarantine_id: row.id,
          reason,
          quarantined_at: row.quarantined_at,
          children: below.map((child) => child.agent_id),
        },
      };
    },
  };
}

/** A policy isolates an agent on a finding, in the transaction that records the finding. Nothing, where it is not active. */
export function policyQuarantineCommand(finding: Finding): Command {
  const { agent_id: agentId, policy_id: policyId, reason, evidence, id: findingId } = finding;
  return {
    ...bySystem(agentId, { agent_id: agentId, reason, policy_id: policyId, finding_id: findingId, evidence }),
    decide: (state, context) => {
      state.require(isolationNeeds(agentId));
      const agent = state.get(AGENTS, agentId);
      if (agent?.status !== 'active') return { outcome: 'nothing' };
      const by = { type: 'system', id: policyId } as const;
      const order = { reason, by, evidence, findingId, inheritedFrom: null };
      const { effects, followUps, row } = isolated(agent, order, state, context);
      const below = activeBelow(state, agentId).map((child) => inheritedCommand(child.agent_id, row));
      return { outcome: 'succeeded', effects, followUps: [...followUps, ...below], answer: {} };
    },
  };
}

interface Above {
  readonly id: string;
  readonly agent_id: string;
  readonly event_id: number;
}

/** What stands below an isolated agent is isolated in the same transaction. Its rows were loaded with that one's. */
function inheritedCommand(agentId: string, above: Above): Command {
  const reason = `${above.agent_id}, which it stands below, was quarantined`;
  const payload = { agent_id: agentId, reason, inherited_from: above.id, evidence: [above.event_id] };
  return {
    ...bySystem(agentId, payload),
    decide: (state, context) => {
      const agent = state.get(AGENTS, agentId);
      if (agent?.status !== 'active') return { outcome: 'nothing' };
      const by = { type: 'system', id: 'immune' } as const;
      const order = { reason, by, evidence: payload.evidence, findingId: null, inheritedFrom: above.id };
      const { effects, followUps } = isolated(agent, order, state, context);
      return { outcome: 'succeeded', effects, followUps, answer: {} };
    },
  };
}

function bySystem(agentId: string, payload: JsonObject): Omit<Command, 'decide'> {
  const subject = { type: 'agent', id: agentId };
  return { type: 'immune.quarantine', permission: 'system', subject, payload, needs: [] };
}

function denied(problem: Problem): Decision {
  return { outcome: 'denied', problem };
}
