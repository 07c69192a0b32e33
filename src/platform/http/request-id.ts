import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { v7 as uuidv7 } from 'uuid';
import { runInContext } from '../context/request-context.js';
import type { GovernedRequest } from './governed-request.js';

/** Gives each request an id of our own (a caller's would let it choose what the log says) and answers it as `X-Request-Id`. */
export function requestIds(): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const requestId = uuidv7();
    (request as GovernedRequest).requestId = requestId;
    response.setHeader('X-Request-Id', requestId);
    runInContext({ requestId }, next);
  };
}
