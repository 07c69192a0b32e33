import { isUtf8 } from 'node:buffer';
import { json, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { ProblemError, type Problem } from '../errors/problem.js';

/** Body of one command, in bytes. */
export const BODY_BYTES_MAX = 128 * 1024;
/** Body of a batch, in bytes. */
export const BATCH_BODY_BYTES_MAX = 1024 * 1024;
/** Levels of arrays and objects in a body: `JSON.parse` takes thousands, what walks the result does not. */
export const NESTING_MAX = 32;

const BATCH_PATH = /\/batch\/?$/;

/** Reads JSON bodies: limits first, on the bytes, then the parser, then a look for what no log can hold. */
export function bodyReader(): RequestHandler {
  const one = json({ limit: BODY_BYTES_MAX, inflate: false, strict: true, verify });
  const batch = json({ limit: BATCH_BODY_BYTES_MAX, inflate: false, strict: true, verify });
  return (request: Request, response: Response, next: NextFunction) => {
    if (!hasBody(request)) return next();
    if (!request.is('application/json')) return next(new ProblemError(NOT_JSON));
    const read = BATCH_PATH.test(request.path) ? batch : one;
    read(request, response, (error?: unknown) =>
      next(error === undefined ? faultOf(request.body) : readProblem(error)),
    );
  };
}

const NOT_JSON: Problem = {
  status: 415,
  code: 'REQUEST.NOT_JSON',
  detail: 'the body must be JSON: Content-Type: application/json, without Content-Encoding',
};

/** What the parser says, as our own problems. */
function readProblem(error: unknown): unknown {
  // What `verify` threw comes back with a status of the parser's own.
  if (error instanceof ProblemError) return new ProblemError(error.problem);
  switch ((error as { type?: unknown } | null)?.type) {
    case 'entity.too.large':
      return new ProblemError({
        status: 413,
        code: 'REQUEST.TOO_LARGE',
        detail: 'the body is larger than this route takes',
      });
    case 'encoding.unsupported':
      return new ProblemError({
        status: 415,
        code: 'REQUEST.ENCODED',
        detail: 'the body must come without Content-Encoding',
      });
    case 'charset.unsupported':
      return new ProblemError(NOT_JSON);
    case 'entity.parse.failed':
      return malformed('the body is not JSON');
    case 'request.size.invalid':
    case 'request.aborted':
      return malformed('the body is not as long as Content-Length says');
    default:
      return error;
  }
}

function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** Runs on the bytes, before the parser. */
function verify(_request: unknown, _response: unknown, bytes: Buffer): void {
  if (!isUtf8(bytes)) throw malformed('the body is not UTF-8');
  if (depthOf(bytes) > NESTING_MAX) throw malformed(`the body is nested more than ${NESTING_MAX} levels deep`);
}

/** Deepest nesting of arrays and objects in a JSON text, read without parsing it. */
export function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const c = bytes[i];
    if (inText) {
      if (c === 0x5c) i += 1;
      else if (c === 0x22) inText = false;
    } else if (c === 0x22) inText = true;
    else if (c === 0x7b || c === 0x5b) deepest = Math.max(deepest, (depth += 1));
    else if (c === 0x7d || c === 0x5d) depth -= 1;
  }
  return deepest;
}

function faultOf(body: unknown): ProblemError | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return malformed('the body must be a JSON object');
  const fault = unstorable(body, '');
  return fault ? malformed('the body holds what the log cannot keep', fault) : undefined;
}

interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/**
 * The first thing in a value that is not taken: what no event can hold (NUL, lone surrogates, infinities), and members
 * named like those that every object has (`__proto__`, `constructor`), which lists of known members do not see.
 */
export function unstorable(value: unknown, pointer: string): Fault | null {
  if (typeof value === 'string') return textFault(value, pointer);
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : { pointer, detail: 'is beyond the range of a number' };
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return firstFault(value.entries(), pointer);
  return firstFault(Object.entries(value), pointer);
}

function firstFault(members: Iterable<[string | number, unknown]>, pointer: string): Fault | null {
  for (const [member, inner] of members) {
    const name = String(member);
    const here = `${pointer}/${name.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (name in Object.prototype) return { pointer: here, detail: 'is not a name that a member may have' };
    const fault = (typeof member === 'string' ? textFault(member, here) : null) ?? unstorable(inner, here);
    if (fault) return fault;
  }
  return null;
}

function textFault(text: string, pointer: string): Fault | null {
  if (text.includes('\u0000')) return { pointer, detail: 'holds a NUL character' };
  return text.isWellFormed() ? null : { pointer, detail: 'holds a lone surrogate' };
}

function malformed(detail: string, fault?: Fault): ProblemError {
  return new ProblemError({ status: 400, code: 'REQUEST.MALFORMED', detail, ...(fault ? { errors: [fault] } : {}) });
}
