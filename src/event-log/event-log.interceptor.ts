import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { mergeMap, type Observable } from 'rxjs';
import type { GovernedRequest } from '../platform/http/governed-request.js';
import { Submission, type Caller } from './command.js';
import { CommandRunner } from './command-runner.js';
import { ReplyError, setReplyHeaders } from './reply.js';

/** A request whose caller the guard has found out. */
export interface CalledRequest extends GovernedRequest {
  caller?: Caller;
}

/**
 * Executes what handlers describe. A handler that answers a `Submission` has done nothing yet: the spine decides and
 * records it, and its reply is the response. Everything else passes.
 */
@Injectable()
export class EventLogInterceptor implements NestInterceptor {
  constructor(private readonly runner: CommandRunner) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next
      .handle()
      .pipe(
        mergeMap((result) => (result instanceof Submission ? this.execute(context, result) : Promise.resolve(result))),
      );
  }

  private async execute(context: ExecutionContext, submission: Submission): Promise<string> {
    const http = context.switchToHttp();
    const request = http.getRequest<CalledRequest>();
    const caller = submission.caller ?? request.caller;
    if (!caller) throw new Error(`${request.method} ${request.path} is a command without a caller`);
    const reply = await this.runner.run(request, caller, submission);
    if (reply.status >= 400) throw new ReplyError(reply);
    setReplyHeaders(http.getResponse<Response>(), reply);
    return reply.body;
  }
}
