import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { ReplyError, setReplyHeaders } from './reply.js';

/** Writes the replies of commands that were refused or broke, as the spine made them. */
@Catch(ReplyError)
export class ReplyFilter implements ExceptionFilter<ReplyError> {
  catch({ reply }: ReplyError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    setReplyHeaders(response, reply);
    response.status(reply.status).send(reply.body);
  }
}
