import type { Problem } from '../../platform/errors/problem.js';

/** 404 */
export const EVENT_NOT_FOUND: Problem = {
  status: 404,
  code: 'AUDIT.EVENT_NOT_FOUND',
  detail: 'the log has no such event',
};

/** 404 */
export const NOTHING_TO_ERASE: Problem = {
  status: 404,
  code: 'AUDIT.NOTHING_TO_ERASE',
  detail: 'nothing is kept beside the log for this event: there was no such text, or it was erased',
};

/** 404 */
export const NO_SUCH_TILE: Problem = {
  status: 404,
  code: 'AUDIT.NO_SUCH_TILE',
  detail: 'the tree has no such tile yet, or the path is not written as C2SP tlog-tiles has it',
};

/** 400: sizes of the log that no proof leads between. */
export function badSizes(from: number, to: number, size: number): Problem {
  return {
    status: 400,
    code: 'AUDIT.BAD_SIZES',
    detail: `there is no way from ${from} to ${to} in a log of ${size} events`,
    errors: [{ pointer: '?from', detail: 'must be from 1 up to ?to, which must not be above the size of the log' }],
  };
}

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

/** 503: the log is not one that may be signed here. */
export function noCheckpoint(reason: string): Problem {
  return { status: 503, code: 'AUDIT.NO_CHECKPOINT', detail: reason };
}
