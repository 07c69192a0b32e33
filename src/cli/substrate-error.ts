import { z } from 'zod';

const ProblemSchema = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  code: z.string().optional(),
  request_id: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string().optional(), detail: z.string().optional() })).optional(),
});

/** Longest piece of a foreign answer that is repeated in an error. */
const EXCERPT_CHARS = 200;

/** A request that the substrate answered with a problem (RFC 9457), or with something that is no success. */
export class SubstrateError extends Error {
  override readonly name = 'SubstrateError';

  /**
   * @param status HTTP status
   * @param code the stable `ORGAN.REASON`, or `HTTP.<status>` when the answer was no problem document
   * @param detail what went wrong, in the server's words
   * @param retry_after seconds to wait, where the server said so
   * @param request_id the server's id of the request, to be found in its log
   */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly retry_after: number | null = null,
    readonly request_id: string | null = null,
  ) {
    super(`${status} ${code}: ${detail}`);
  }
}

/** The substrate could not be reached, or did not answer in time, even after the retries. */
export class SubstrateUnreachable extends Error {
  override readonly name = 'SubstrateUnreachable';
}

/** Makes the error of a refused request from its status, headers and body text. */
export function readProblem(status: number, headers: Headers, text: string): SubstrateError {
  const retryAfter = readRetryAfter(headers.get('retry-after'), Date.now());
  const location = headers.get('location');
  if (status < 400 && location !== null) {
    return new SubstrateError(status, `HTTP.${status}`, `the server redirects to ${location}: use that address`);
  }
  const problem = ProblemSchema.safeParse(parseJson(text)).data;
  if (problem === undefined) {
    return new SubstrateError(status, `HTTP.${status}`, text.slice(0, EXCERPT_CHARS) || 'no content', retryAfter);
  }
  const members = (problem.errors ?? []).map((error) => `${error.pointer ?? ''} ${error.detail ?? ''}`.trim());
  const detail = [problem.detail ?? problem.title ?? 'no detail', ...members].join('; ');
  return new SubstrateError(status, problem.code ?? `HTTP.${status}`, detail, retryAfter, problem.request_id ?? null);
}

/** Reads `Retry-After` (RFC 9110, 10.2.3: seconds or a date) as seconds from `nowMs`; null when absent or senseless. */
export function readRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, (date - nowMs) / 1000);
}

/** The JSON value of a text, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
