import type { Request } from 'express';

/** A request as our middleware leaves it. */
export interface GovernedRequest extends Request {
  /** The server's own id of the request, a UUIDv7. */
  requestId: string;
}

/** Path of a request without its query, as problems name it. */
export function pathOf(request: Request): string {
  const at = request.originalUrl.indexOf('?');
  return at < 0 ? request.originalUrl : request.originalUrl.slice(0, at);
}
