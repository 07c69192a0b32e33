import type { JsonObject } from '../json.js';

/** One invalid member of a request: an RFC 6901 JSON pointer into the body (or `?name` of a query) and what is wrong. */
export interface InvalidMember {
  readonly pointer: string;
  readonly detail: string;
}

/** Everything a problem answer says beyond what the server adds (`type`, `title`, `instance`, `request_id`). */
export interface Problem {
  readonly status: number;
  /** Stable, `ORGAN.REASON`. */
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly InvalidMember[];
  /** Seconds after which to try again; becomes the `Retry-After` header. */
  readonly retryAfter?: number;
  /** Further members of the answer (RFC 9457, section 3.2). */
  readonly members?: JsonObject;
}

/** A problem that ends a request; the problem filter turns it into `application/problem+json` (RFC 9457). */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** The RFC 9457 document of a problem, as answered and as kept for a replay. */
export function problemDocument(problem: Problem, instance: string, requestId: string): JsonObject {
  return {
    type: `urn:echo-substrate:problem:${problem.code}`,
    title: TITLES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.detail,
    instance,
    code: problem.code,
    request_id: requestId,
    ...(problem.errors ? { errors: problem.errors.map((e) => ({ pointer: e.pointer, detail: e.detail })) } : {}),
    ...problem.members,
  };
}
