import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Caller, Principal } from '../event-log/command.js';
import type { AdmittedRequest } from './access.guard.js';

/** The caller, as the guard found it out. */
export const CallerParam = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<AdmittedRequest>();
  if (!caller) throw new Error('the route has no caller: it is public');
  return caller;
});

/** The caller with its roles, as read for this request; only on routes that read. */
export const PrincipalParam = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AdmittedRequest>();
  if (!principal) throw new Error('the route has no principal: it is public or a command of an agent');
  return principal;
});
