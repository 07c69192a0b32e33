import type { Problem } from '../../platform/errors/problem.js';

/** 404 */
export const EVENT_NOT_FOUND: Problem = {
  status: 404,
  code: 'AUDIT.EVENT_NOT_FOUND',
  detail: 'the log has no such event',
};

/** 429: a verification reads the whole log; one at a time is enough for a process. */
export const VERIFICATION_RUNS: Problem = {
  status: 429,
  code: 'AUDIT.VERIFICATION_RUNS',
  detail: 'a verification is running here already; wait for it, or verify a range afterwards',
  retryAfter: 5,
};

/** 400: a range that holds nothing. */
export function emptyRange(from: number, to: number): Problem {
  return {
    status: 400,
    code: 'AUDIT.EMPTY_RANGE',
    detail: `from_id ${from} lies behind to_id ${to}, or behind the end of the log`,
    errors: [{ pointer: '?from_id', detail: 'must not be above to_id and the last event' }],
  };
}
