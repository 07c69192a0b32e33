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
