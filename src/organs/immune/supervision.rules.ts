import type { Command, Decision } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import { plusSeconds, type Timestamp } from '../../platform/time.js';
import { AGENTS, type Agent, type Supervision } from '../agents/index.js';
import type { Finding } from './detection/finding.js';

/** How long each action of an agent needs an approval after a finding, in seconds: an hour, in which people can look. */
export const SUPERVISION_SECONDS = 3_600;

/** A policy lets an agent act only with approvals on a finding. Nothing, where it may not act anyway. */
export function requireApprovalCommand(finding: Finding): Command {
  const { agent_id: agentId, policy_id: policyId, id: findingId, reason } = finding;
  return {
    type: 'immune.require_approval',
    permission: 'system',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, reason, policy_id: policyId, finding_id: findingId },
    needs: [],
    decide: (state, { now }): Decision => {
      state.require([need(AGENTS, agentId)]);
      const agent = state.get(AGENTS, agentId);
      if (agent?.status !== 'active') return { outcome: 'nothing' };
      const supervision: Supervision = { until: plusSeconds(now, SUPERVISION_SECONDS), policy_id: policyId };
      return { outcome: 'succeeded', effects: [updated(AGENTS, { ...agent, supervision })], answer: {} };
    },
  };
}

/** The supervision that an agent is under, or null. */
export function supervisionOf({ supervision }: Readonly<Agent>, now: Timestamp): Supervision | null {
  return supervision !== null && now < supervision.until ? supervision : null;
}
