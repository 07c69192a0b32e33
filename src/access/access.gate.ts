import { Injectable } from '@nestjs/common';
import type { Caller, Command, Principal } from '../event-log/command.js';
import { Gate, type Admission } from '../event-log/gate.js';
import type { Need, State } from '../event-log/working-set.js';
import type { Timestamp } from '../platform/time.js';
import { FORBIDDEN, UNAUTHENTICATED } from './access.problems.js';
import { grantOf, rolesMay } from './permissions.js';
import { Principals } from './principals.js';

/** The spine's gate: reads callers as they are under the head's lock and asks the permission table. */
@Injectable()
export class AccessGate extends Gate {
  constructor(private readonly principals: Principals) {
    super();
  }

  override needs(caller: Caller): readonly Need[] {
    return this.principals.needs(caller);
  }

  override admit(state: State, caller: Caller, command: Command, now: Timestamp): Admission {
    const principal = this.principals.resolve(state, caller, now);
    if (!principal) return { kind: 'unknown', problem: UNAUTHENTICATED };
    if (principal.barred) return { kind: 'forbidden', problem: principal.barred };
    if (!isAllowed(principal, command.permission)) return { kind: 'forbidden', problem: FORBIDDEN };
    return { kind: 'admitted', principal };
  }
}

/** Whether a principal has a right at all; whose things an agent reaches for is for the guard and the rules to say. */
export function isAllowed(principal: Principal, permission: string): boolean {
  switch (principal.actor.type) {
    case 'system':
      return true;
    case 'user':
      return rolesMay(principal.roles, permission);
    case 'agent':
      return grantOf(permission).agent !== 'none';
  }
}
