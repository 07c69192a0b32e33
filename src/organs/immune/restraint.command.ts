import type { Command, Decision } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import type { Timestamp } from '../../platform/time.js';
import { AGENTS, type Agent } from '../agents/index.js';
import type { Finding } from './detection/finding.js';

/**
 * A policy restrains an agent on a finding, in the transaction that records it. Nothing, where it may not act anyway.
 * @param restrained the agent's row with the restraint
 */
export function restrainCommand(
  type: 'immune.throttle' | 'immune.require_approval',
  { agent_id: agentId, policy_id: policyId, id: findingId, reason }: Finding,
  restrained: (agent: Readonly<Agent>, now: Timestamp) => Agent,
): Command {
  return {
    type,
    permission: 'system',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason, policy_id: policyId, finding_id: findingId },
    needs: [],
    decide: (state, { now }): Decision => {
      state.require([need(AGENTS, agentId)]);
      const agent = state.get(AGENTS, agentId);
      if (agent?.status !== 'active') return { outcome: 'nothing' };
      return { outcome: 'succeeded', effects: [updated(AGENTS, restrained(agent, now))], answer: {} };
    },
  };
}
