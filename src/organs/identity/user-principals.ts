import { Injectable } from '@nestjs/common';
import type { PrincipalSource } from '../../access/principals.js';
import type { Caller, Principal } from '../../event-log/command.js';
import { need, type Need, type State } from '../../event-log/working-set.js';
import { USERS } from './tables.js';

/** Users as callers: with the roles that they have at this moment, and not at all once disabled. */
@Injectable()
export class UserPrincipals implements PrincipalSource {
  readonly kind = 'user';

  needs(caller: Caller): readonly Need[] {
    return [need(USERS, caller.id)];
  }

  resolve(state: State, caller: Caller): Principal | null {
    const user = state.get(USERS, caller.id);
    if (!user || user.disabled) return null;
    return { actor: { type: 'user', id: user.id }, roles: user.roles };
  }
}
