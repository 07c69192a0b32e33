import type { Problem } from '../../platform/errors/problem.js';

/** 409 */
export const ALREADY_QUARANTINED: Problem = {
  status: 409,
  code: 'IMMUNE.ALREADY_QUARANTINED',
  detail: 'the agent is quarantined already; GET /api/v1/immune/status tells why',
};

/** 409 */
export const NOT_QUARANTINED: Problem = {
  status: 409,
  code: 'IMMUNE.NOT_QUARANTINED',
  detail: 'the agent is not quarantined',
};

/** 404: also for another agent's order. */
export const ORDER_NOT_FOUND: Problem = {
  status: 404,
  code: 'IMMUNE.ORDER_NOT_FOUND',
  detail: 'there is no such order to you',
};

/** 409: a stop is confirmed once. */
export const STOP_ALREADY_CONFIRMED: Problem = {
  status: 409,
  code: 'IMMUNE.STOP_ALREADY_CONFIRMED',
  detail: 'the stop is confirmed already',
};

/** 429: requests of one agent that wait for orders. */
export const ONE_TOO_MANY_WAITS: Problem = {
  status: 429,
  code: 'IMMUNE.TOO_MANY_WAITING',
  detail: 'too many requests of yours wait for orders already; one is enough',
  retryAfter: 5,
};

/** 503: requests of all agents that wait for orders on this process. */
export const ALL_TOO_MANY_WAITS: Problem = {
  status: 503,
  code: 'IMMUNE.TOO_MANY_WAITING',
  detail: 'too many requests wait for orders here; ask with wait_seconds=0, or heartbeat, which has them too',
  retryAfter: 5,
};

/** 403: only what is registered as a sensor reports observations. */
export const NOT_A_SENSOR: Problem = {
  status: 403,
  code: 'IMMUNE.NOT_A_SENSOR',
  detail: 'only agents of the type sensor report observations',
};

/** 404: also for another agent's observation. */
export const OBSERVATION_NOT_FOUND: Problem = {
  status: 404,
  code: 'IMMUNE.OBSERVATION_NOT_FOUND',
  detail: 'there is no such observation to you',
};

/** 404 */
export const FINDING_NOT_FOUND: Problem = {
  status: 404,
  code: 'IMMUNE.FINDING_NOT_FOUND',
  detail: 'no finding was recorded by this event',
};

/** 409: people decide once about a finding. */
export function alreadyDecided(resolution: string, by: string | null): Problem {
  return {
    status: 409,
    code: 'IMMUNE.ALREADY_DECIDED',
    detail: `the finding is ${resolution} already, by ${by ?? 'somebody'}`,
  };
}

/** 409: well-formed, but no sensor can have seen it then. */
export function timeUnbelievable(observedAt: string, earliest: string, latest: string): Problem {
  return {
    status: 409,
    code: 'IMMUNE.TIME_UNBELIEVABLE',
    detail: `observed_at is ${observedAt}, and only what was seen from ${earliest} to ${latest} is taken; is the clock right?`,
  };
}

/** 429: the sensor reports more than one process takes in a minute. */
export function tooManyObservations(most: number, retryAfter: number): Problem {
  return {
    status: 429,
    code: 'IMMUNE.TOO_MANY_OBSERVATIONS',
    detail: `more than ${most} observations of one sensor within a minute; nothing of this request was taken`,
    retryAfter,
  };
}

/** 409: apoptosis is final. */
export const ALREADY_TERMINATED: Problem = {
  status: 409,
  code: 'IMMUNE.ALREADY_TERMINATED',
  detail: 'the agent is terminated, and that is final',
};

/** 409: somebody else changed it meanwhile. */
export function policyChanged(version: number, expected: number): Problem {
  return {
    status: 409,
    code: 'IMMUNE.POLICY_CHANGED',
    detail: `the policy is at version ${version}, not ${expected}; read it again`,
  };
}

/** 409: one policy for each detector and scope. */
export function policyExists(id: string, detector: string, scope: string): Problem {
  return {
    status: 409,
    code: 'IMMUNE.POLICY_EXISTS',
    detail: `the policy ${id} is for ${detector} in ${scope} already; change that one`,
  };
}

/** 429 */
export const BACKTEST_RUNS: Problem = {
  status: 429,
  code: 'IMMUNE.BACKTEST_RUNS',
  detail: 'this server is trying other policies; one trial runs at a time',
  retryAfter: 5,
};

/** 503 */
export const BACKTEST_STOPPED: Problem = {
  status: 503,
  code: 'IMMUNE.BACKTEST_STOPPED',
  detail: 'the trial was ended before its answer; ask again',
  retryAfter: 1,
};

/** 409 */
export function backtestTooLong(most: number): Problem {
  return {
    status: 409,
    code: 'IMMUNE.BACKTEST_TOO_LONG',
    detail: `one trial takes up to ${most} events; give from_id and to_id`,
  };
}

/** 409: a policy keeps its detector and scope. */
export function policyFixed(detector: string, scope: string): Problem {
  return {
    status: 409,
    code: 'IMMUNE.POLICY_FIXED',
    detail: `the policy is for ${detector} in ${scope}, and stays so; make another one, and switch this one off`,
  };
}

/** 409 */
export function nothingToTry(from: number, upTo: number): Problem {
  return {
    status: 409,
    code: 'IMMUNE.BACKTEST_EMPTY',
    detail: `there is no event from ${from} up to ${upTo} to try policies on`,
  };
}
