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

/** 404 */
export const PARENT_NOT_FOUND: Problem = {
  status: 404,
  code: 'AGENTS.PARENT_NOT_FOUND',
  detail: 'there is no agent with this parent_id',
};

/** 409: what is isolated or ended spawns nothing. */
export const PARENT_NOT_ACTIVE: Problem = {
  status: 409,
  code: 'AGENTS.PARENT_NOT_ACTIVE',
  detail: 'the parent is quarantined or terminated; nothing is registered below it',
};

/** 409 */
export function tooDeep(levels: number): Problem {
  return {
    status: 409,
    code: 'AGENTS.TOO_DEEP',
    detail: `agents stand up to ${levels} levels below each other; this would be deeper`,
  };
}

/** 409 */
export function tooManyChildren(most: number): Problem {
  return { status: 409, code: 'AGENTS.TOO_MANY_CHILDREN', detail: `an agent has at most ${most} directly below it` };
}

/** 403 for the key of a terminated agent: no key of it is in force, and whoever still shows one hears why. */
export const KEY_ENDED: Problem = {
  status: 403,
  code: 'IMMUNE.TERMINATED',
  detail: 'the agent is terminated, and that is final: no key of it is in force',
};

/** 403 for a key that a quarantine made void: only the newest stays, to complete and to confirm with. */
export const KEY_ISOLATED: Problem = {
  status: 403,
  code: 'IMMUNE.QUARANTINED',
  detail: 'the agent is quarantined, and that made all its keys void but the newest',
};

/** 403: the action type is not among the agent's capabilities. */
export function notCapable(actionType: string): Problem {
  return {
    status: 403,
    code: 'AGENTS.NOT_CAPABLE',
    detail: `"${actionType}" is not among the capabilities of this agent`,
  };
}
