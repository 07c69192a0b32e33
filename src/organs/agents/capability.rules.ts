import type { Problem } from '../../platform/errors/problem.js';
import { notCapable } from './agents.errors.js';
import type { Agent } from './entities/agent.entity.js';

/** 403 where an action type is not among the agent's capabilities. */
export function capabilityProblem(agent: Readonly<Agent>, actionType: string): Problem | null {
  return agent.capabilities === null || agent.capabilities.includes(actionType) ? null : notCapable(actionType);
}
