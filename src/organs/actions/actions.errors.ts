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

/** 409: a deferred action costs nothing and succeeds in nothing before it is begun. */
export const NOT_BEGUN: Problem = {
  status: 409,
  code: 'ACTIONS.NOT_BEGUN',
  detail: 'the action is deferred and was not begun: begin it, or cancel it as failed at no cost',
};

/** 409 */
export const ALREADY_BEGUN: Problem = {
  status: 409,
  code: 'ACTIONS.ALREADY_BEGUN',
  detail: 'the action is begun already; a heartbeat renews its permit',
};

/** 409: cancelled or expired before it was begun. */
export const ACTION_VOID: Problem = {
  status: 409,
  code: 'ACTIONS.VOID',
  detail: 'the action was never begun, and its hold was given back',
};

/** 409: the hold's time is over, and it is about to be given back. */
export const HOLD_OVER: Problem = {
  status: 409,
  code: 'ACTIONS.EXPIRED',
  detail: "the action's hold is over; ask for the action again",
};

/** 409: an action is settled in the unit that it was held in. */
export function unitMismatch(held: string, given: string): Problem {
  return {
    status: 409,
    code: 'ACTIONS.UNIT_MISMATCH',
    detail: `the action was authorized in ${held} and cannot be settled in ${given}`,
  };
}
