import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { isConnectionLoss, isRetryable } from '../database/sqlstate.js';
import { pathOf, type GovernedRequest } from '../http/governed-request.js';
import { ProblemError, problemDocument, type Problem } from './problem.js';

const DATABASE_AWAY: Problem = {
  status: 503,
  code: 'DATABASE.UNAVAILABLE',
  detail: 'the database does not answer; nothing was done, try again',
  retryAfter: 1,
};

const BROKEN: Problem = {
  status: 500,
  code: 'SERVER.FAILED',
  detail: 'something broke here; the request id leads to it in the server log',
};

/** Turns everything that ends a request without a reply of the spine into `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<GovernedRequest>();
    const response = http.getResponse<Response>();
    const problem = problemOf(error);
    if (problem.status >= 500) this.logger.error({ err: error, request_id: request.requestId }, problem.detail);
    if (response.headersSent) return void response.destroy();
    if (problem.retryAfter !== undefined) response.setHeader('Retry-After', String(problem.retryAfter));
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    response.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
    response.status(problem.status).send(JSON.stringify(problemDocument(problem, pathOf(request), request.requestId)));
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof HttpException) return httpProblem(error);
  return isRetryable(error) || isConnectionLoss(error) ? DATABASE_AWAY : BROKEN;
}

function httpProblem(error: HttpException): Problem {
  const status = error.getStatus();
  if (status === 404) return { status, code: 'REQUEST.NO_SUCH_ROUTE', detail: 'there is no such route' };
  if (status >= 500) return { ...BROKEN, status };
  return { status, code: 'REQUEST.INVALID', detail: error.message };
}
