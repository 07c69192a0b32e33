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

/** 404 */
export const FINDING_NOT_FOUND: Problem = {
  status: 404,
  code: 'IMMUNE.FINDING_NOT_FOUND',
  detail: 'there is no such finding of yours',
};
