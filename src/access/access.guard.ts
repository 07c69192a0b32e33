import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { CommandRunner } from '../event-log/command-runner.js';
import { Submission, type Caller, type Command, type Principal } from '../event-log/command.js';
import type { Subject } from '../event-log/event.js';
import type { CalledRequest } from '../event-log/event-log.interceptor.js';
import { ReplyError } from '../event-log/reply.js';
import { ProblemError, type Problem } from '../platform/errors/problem.js';
import { pathOf } from '../platform/http/governed-request.js';
import { isAllowed } from './access.gate.js';
import { FORBIDDEN, NOT_YOURS, UNAUTHENTICATED } from './access.problems.js';
import { Authenticators } from './authenticators.js';
import { ROUTE_ACCESS, type RouteAccess } from './decorators.js';
import { PrincipalReader } from './principal-reader.js';

/** A request whose caller was read and may do what the route is for. */
export interface AdmittedRequest extends CalledRequest {
  principal?: Principal;
}

/** Longest text of a subject that a refused request may put into the log. */
const SUBJECT_ID_MAX = 128;

/**
 * Closed unless a decorator opens the route. Reads are decided here. Commands of agents are decided in the spine, which
 * reads the agent under the head's lock; what can already be said without it is refused here, and becomes its event.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticators: Authenticators,
    private readonly reader: PrincipalReader,
    private readonly runner: CommandRunner,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<RouteAccess | undefined>(ROUTE_ACCESS, context.getHandler());
    if (!access) throw new ProblemError(FORBIDDEN);
    if (!access.permission) return true;
    const request = context.switchToHttp().getRequest<AdmittedRequest>();
    const caller = await this.callerOf(request);
    request.caller = caller;
    const problem = await this.problemWith(request, caller, access);
    if (problem === null) return true;
    const { command: type } = access;
    if (!type) throw new ProblemError(problem);
    throw new ReplyError(
      await this.runner.run(request, caller, Submission.of(refusal(type, request, access, problem))),
    );
  }

  private async callerOf(request: AdmittedRequest): Promise<Caller> {
    const match = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
    const caller = match?.[1] === undefined ? null : await this.authenticators.authenticate(match[1], request);
    if (!caller) throw new ProblemError(UNAUTHENTICATED);
    return caller;
  }

  private async problemWith(request: AdmittedRequest, caller: Caller, access: RouteAccess): Promise<Problem | null> {
    const permission = access.permission ?? '';
    // An agent's standing is read with the rows of the decision: no query of its own on the way to a command.
    if (access.command && caller.kind === 'agent') {
      if (!isAllowed({ actor: { type: 'agent', id: caller.id }, roles: [] }, permission)) return FORBIDDEN;
      return reachesForAnother(request, caller) ? NOT_YOURS : null;
    }
    const principal = await this.reader.read(caller);
    if (!principal) throw new ProblemError(UNAUTHENTICATED);
    if (principal.barred) return principal.barred;
    request.principal = principal;
    if (!isAllowed(principal, permission)) return FORBIDDEN;
    return reachesForAnother(request, caller) ? NOT_YOURS : null;
  }
}

/** Whether an agent names another agent in the path or the query. */
function reachesForAnother(request: AdmittedRequest, caller: Caller): boolean {
  if (caller.kind !== 'agent') return false;
  const named = [request.params['agent_id'], request.query['agent_id']];
  return named.some((id) => id !== undefined && id !== caller.id);
}

/** The command that a refused request stands for in the log. Its body was not looked at, so it is not recorded. */
function refusal(type: string, request: AdmittedRequest, access: RouteAccess, problem: Problem): Command {
  return {
    type,
    permission: access.permission ?? '',
    subject: subjectOf(request, access),
    payload: { method: request.method, path: pathOf(request) },
    needs: [],
    decide: () => ({ outcome: 'denied', problem }),
  };
}

function subjectOf(request: AdmittedRequest, { subject }: RouteAccess): Subject | null {
  if (!subject) return null;
  const source = (subject.in === 'params' ? request.params : request.body) as Record<string, unknown> | undefined;
  const id = source?.[subject.member];
  const isUsable = typeof id === 'string' && id.length > 0 && id.length <= SUBJECT_ID_MAX && /^[\x21-\x7e]+$/.test(id);
  return isUsable ? { type: subject.type, id } : null;
}
