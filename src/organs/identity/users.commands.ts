import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import { plusSeconds } from '../../platform/time.js';
import { ACTIVATION_SECONDS, tokenHash } from '../../platform/random-token.js';
import type { User } from './entities/user.entity.js';
import { LAST_MAINTAINER, OWN_ROLES, USER_NOT_FOUND, USERNAME_TAKEN } from './identity.errors.js';
import { CREDENTIALS, USERS } from './tables.js';

/** Makes a user without a password; whoever has the activation token sets it. */
export function createUserCommand(user: {
  id: string;
  username: string;
  roles: readonly string[];
  activationToken: string;
}): Command {
  const { id, username, roles, activationToken } = user;
  return {
    type: 'identity.create_user',
    permission: 'users.manage',
    subject: { type: 'user', id },
    payload: { username, roles: [...roles] },
    needs: [need(USERS, username, 'username')],
    decide: (state, { now }) => {
      if (state.find(USERS, 'username', username).length > 0) return denied(USERNAME_TAKEN);
      const row: User = { id, username, roles: [...roles], disabled: false, created_at: now, activated_at: null };
      const activation = openActivation(activationToken, now);
      return {
        outcome: 'succeeded',
        status: 201,
        effects: [inserted(USERS, row), inserted(CREDENTIALS, { user_id: id, ...activation.row })],
        answer: { ...row, ...activation.answer },
        secrets: ['activation_token'],
      };
    },
  };
}

/** What may change about a user. */
export interface UserChange {
  readonly roles?: readonly string[];
  readonly disabled?: boolean;
}

/** Changes a user's roles, or lets it in no more. */
export function updateUserCommand(id: string, change: UserChange): Command {
  const { roles, disabled } = change;
  return {
    type: 'identity.update_user',
    permission: 'users.manage',
    subject: { type: 'user', id },
    payload: { roles: roles ? [...roles] : undefined, disabled },
    needs: [need(USERS, id), need(USERS, 'false', 'disabled')],
    decide: (state, context) => decideUpdate(id, change, state, context),
  };
}

function decideUpdate(
  id: string,
  { roles, disabled }: UserChange,
  state: State,
  { principal }: DecisionContext,
): Decision {
  const user = state.get(USERS, id);
  if (!user) return denied(USER_NOT_FOUND);
  if (roles && principal.actor.id === id) return denied(OWN_ROLES);
  const after: User = { ...user, roles: roles ? [...roles] : user.roles, disabled: disabled ?? user.disabled };
  const others = state.find(USERS, 'disabled', 'false').filter((u) => u.id !== id);
  if (isActiveMaintainer(user) && !isActiveMaintainer(after) && !others.some(isActiveMaintainer))
    return denied(LAST_MAINTAINER);
  return { outcome: 'succeeded', effects: [updated(USERS, after)], answer: { ...after } };
}

function isActiveMaintainer(user: Readonly<User>): boolean {
  return !user.disabled && user.activated_at !== null && user.roles.includes('maintainer');
}

/** Voids a user's password and sessions, and opens a new activation. */
export function resetUserCommand(id: string, activationToken: string): Command {
  return {
    type: 'identity.reset_user',
    permission: 'users.manage',
    subject: { type: 'user', id },
    payload: {},
    needs: [need(USERS, id), need(USERS, 'false', 'disabled'), need(CREDENTIALS, id)],
    decide: (state, { now }) => {
      const user = state.get(USERS, id);
      const credential = state.get(CREDENTIALS, id);
      if (!user || !credential) return denied(USER_NOT_FOUND);
      const others = state.find(USERS, 'disabled', 'false').filter((u) => u.id !== id);
      if (isActiveMaintainer(user) && !others.some(isActiveMaintainer)) return denied(LAST_MAINTAINER);
      const after: User = { ...user, activated_at: null };
      const activation = openActivation(activationToken, now);
      return {
        outcome: 'succeeded',
        effects: [updated(USERS, after), updated(CREDENTIALS, { user_id: id, ...activation.row })],
        answer: { ...after, ...activation.answer },
        secrets: ['activation_token'],
      };
    },
  };
}

function openActivation(token: string, now: string) {
  const end = plusSeconds(now, ACTIVATION_SECONDS);
  return {
    row: { password_hash: null, activation_hash: tokenHash(token), activation_expires_at: end },
    answer: { activation_token: token, activation_expires_at: end },
  };
}

function denied(problem: Problem): Decision {
  return { outcome: 'denied', problem };
}
