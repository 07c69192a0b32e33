import type { Problem } from '../../platform/errors/problem.js';

/** 404 */
export const AGENT_NOT_FOUND: Problem = {
  status: 404,
  code: 'AGENTS.NOT_FOUND',
  detail: 'there is no agent with this agent_id',
};

/** 409: an agent_id is never used again, also not after a termination. */
export const ALREADY_REGISTERED: Problem = {
  status: 409,
  code: 'AGENTS.ALREADY_REGISTERED',
  detail: 'this agent_id is taken; an agent_id is never used again',
};

/** 409 */
export const AGENT_TERMINATED: Problem = {
  status: 409,
  code: 'AGENTS.TERMINATED',
  detail: 'the agent is terminated; nothing about it changes any more',
};

/** 404 */
export const KEY_NOT_FOUND: Problem = {
  status: 404,
  code: 'AGENTS.KEY_NOT_FOUND',
  detail: 'the agent has no such key',
};

/** 409 */
export const KEY_ALREADY_VOID: Problem = {
  status: 409,
  code: 'AGENTS.KEY_ALREADY_VOID',
  detail: 'the key is void already',
};
