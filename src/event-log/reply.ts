import type { Response } from 'express';
import type { Reply } from './command.js';

/** A reply that is a problem; thrown to leave the request's way through Nest, written by `ReplyFilter`. */
export class ReplyError extends Error {
  constructor(readonly reply: Reply) {
    super(`answered ${reply.status}`);
  }
}

/** Sets the headers of a reply. */
export function setReplyHeaders(response: Response, reply: Reply): void {
  const problem = reply.status >= 400;
  response.setHeader(
    'Content-Type',
    problem ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8',
  );
  if (reply.replayed) response.setHeader('Idempotency-Replayed', 'true');
  if (reply.retryAfter !== undefined) response.setHeader('Retry-After', String(reply.retryAfter));
}
