import type { Problem } from '../../platform/errors/problem.js';

/** 404: also for another agent's action, so that ids tell nothing. */
export const ACTION_NOT_FOUND: Problem = {
  status: 404,
  code: 'ACTIONS.NOT_FOUND',
  detail: 'there is no such action of yours',
};

/** 409: an action ends once. */
export const ALREADY_COMPLETED: Problem = {
  status: 409,
  code: 'ACTIONS.ALREADY_COMPLETED',
  detail: 'the action is completed already',
};

/** 403: the action type is not among the agent's capabilities. */
export function notCapable(actionType: string): Problem {
  return {
    status: 403,
    code: 'AGENTS.NOT_CAPABLE',
    detail: `"${actionType}" is not among the capabilities of this agent`,
  };
}

/** 409: an action is settled in the unit that it was held in. */
export function unitMismatch(held: string, given: string): Problem {
  return {
    status: 409,
    code: 'ACTIONS.UNIT_MISMATCH',
    detail: `the action was authorized in ${held} and cannot be settled in ${given}`,
  };
}
