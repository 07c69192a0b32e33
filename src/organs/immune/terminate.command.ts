import type { Command, Decision } from '../../event-log/command.js';
import { AGENT_NOT_FOUND, AGENTS, descendantsOf } from '../agents/index.js';
import type { Finding } from './detection/finding.js';
import { ALREADY_TERMINATED } from './immune.errors.js';
import { ended, isolationNeeds } from './isolation.rules.js';

/** Ends an agent and all below it for good (apoptosis): no key, no hold, no child of it is left. */
export function terminateCommand(agentId: string, reason: string): Command {
  return {
    type: 'immune.terminate',
    permission: 'immune.terminate',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason },
    needs: isolationNeeds(agentId),
    decide: (state, context): Decision => {
      const agent = state.get(AGENTS, agentId);
      if (!agent) return { outcome: 'denied', problem: AGENT_NOT_FOUND };
      if (agent.status === 'terminated') return { outcome: 'denied', problem: ALREADY_TERMINATED };
      const { effects, followUps } = ended(agent, { reason, by: context.principal.actor }, state, context);
      const below = descendantsOf(state, agentId).filter((child) => child.status !== 'terminated');
      const children = below.map((child) => child.agent_id);
      return {
        outcome: 'succeeded',
        effects,
        followUps: [...followUps, ...children.map((child) => inheritedCommand(child, agentId))],
        answer: { agent_id: agentId, is_terminated: true, terminated_at: context.now, children },
      };
    },
  };
}

/** A policy ends an agent on a finding. Nothing, where it is ended already. */
export function policyTerminateCommand(finding: Finding): Command {
  const { agent_id: agentId, policy_id: policyId, reason, evidence, id: findingId } = finding;
  return {
    type: 'immune.terminate',
    permission: 'system',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason, policy_id: policyId, finding_id: findingId, evidence },
    needs: [],
    decide: (state, context): Decision => {
      state.require(isolationNeeds(agentId));
      const agent = state.get(AGENTS, agentId);
      if (!agent || agent.status === 'terminated') return { outcome: 'nothing' };
      const { effects, followUps } = ended(agent, { reason, by: { type: 'system', id: policyId } }, state, context);
      const below = descendantsOf(state, agentId).map((child) => inheritedCommand(child.agent_id, agentId));
      return { outcome: 'succeeded', effects, followUps: [...followUps, ...below], answer: {} };
    },
  };
}

/** What stands below an ended agent is ended in the same transaction. Its rows were loaded with that one's. */
function inheritedCommand(agentId: string, aboveId: string): Command {
  const reason = `${aboveId}, which it stands below, was terminated`;
  return {
    type: 'immune.terminate',
    permission: 'system',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason },
    needs: [],
    decide: (state, context): Decision => {
      const agent = state.get(AGENTS, agentId);
      if (!agent || agent.status === 'terminated') return { outcome: 'nothing' };
      const { effects, followUps } = ended(agent, { reason, by: context.principal.actor }, state, context);
      return { outcome: 'succeeded', effects, followUps, answer: {} };
    },
  };
}
