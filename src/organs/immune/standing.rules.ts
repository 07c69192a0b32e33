import type { DecisionContext } from '../../event-log/command.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { Agent, AgentStatus } from '../agents/index.js';

/** 403 for an agent that may not act at present, in words that help its operator; null for one that may. */
export function standingProblem(agent: Readonly<Agent>): Problem | null {
  const why = `since ${agent.status_since}: ${agent.status_reason ?? 'no reason was given'}`;
  switch (agent.status) {
    case 'active':
      return null;
    case 'quarantined':
      return { status: 403, code: 'IMMUNE.QUARANTINED', detail: `the agent is quarantined ${why}` };
    case 'terminated':
      return { status: 403, code: 'IMMUNE.TERMINATED', detail: `the agent is terminated ${why}` };
  }
}

/** The agent with another standing, from the event that is being decided. */
export function withStanding(
  agent: Readonly<Agent>,
  status: AgentStatus,
  reason: string,
  { now, eventId }: DecisionContext,
): Agent {
  return { ...agent, status, status_reason: reason, status_since: now, status_event_id: eventId };
}
