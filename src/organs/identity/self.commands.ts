import type { Command } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import { plusSeconds } from '../../platform/time.js';
import { tokenHash } from '../../platform/random-token.js';
import { ACTIVATION_VOID, PASSWORD_CHANGED, USER_NOT_FOUND, WRONG_PASSWORD } from './identity.errors.js';
import { CREDENTIALS, SESSIONS, USERS } from './tables.js';
import { ACCESS_SECONDS, REFRESH_SECONDS } from './tokens.js';

/** What an activation sets, and the login that it answers with. */
export interface Activation {
  readonly userId: string;
  readonly activationHash: string;
  readonly passwordHash: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** A user sets its first password, or a new one after a reset, and is logged in. */
export function activateCommand({
  userId,
  activationHash,
  passwordHash,
  accessToken,
  refreshToken,
}: Activation): Command {
  return {
    type: 'identity.activate',
    permission: 'self.manage',
    subject: { type: 'user', id: userId },
    payload: {},
    needs: [need(USERS, userId), need(CREDENTIALS, userId)],
    decide: (state, { now, newId }) => {
      const user = state.get(USERS, userId);
      const credential = state.get(CREDENTIALS, userId);
      const isOpen = credential?.activation_hash === activationHash && (credential.activation_expires_at ?? '') > now;
      if (!user || !credential || !isOpen) return { outcome: 'denied', problem: ACTIVATION_VOID };
      const session = {
        token_hash: tokenHash(refreshToken),
        family_id: newId(),
        user_id: userId,
        password_set_at: now,
        issued_at: now,
        expires_at: plusSeconds(now, REFRESH_SECONDS),
        rotated_at: null,
      };
      return {
        outcome: 'succeeded',
        effects: [
          updated(USERS, { ...user, activated_at: now }),
          updated(CREDENTIALS, {
            user_id: userId,
            password_hash: passwordHash,
            activation_hash: null,
            activation_expires_at: null,
          }),
          inserted(SESSIONS, session),
        ],
        answer: loginAnswer(accessToken, refreshToken, user.roles),
        secrets: ['access_token', 'refresh_token'],
      };
    },
  };
}

/** What every login answers. */
export function loginAnswer(accessToken: string, refreshToken: string, roles: readonly string[]) {
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: ACCESS_SECONDS,
    refresh_token: refreshToken,
    roles: [...roles],
  };
}

/** A checked change of password; the checks and hashes are slow and were made before. */
export interface PasswordChange {
  readonly userId: string;
  /** The hash that the current password was checked against; null when it did not fit. */
  readonly verifiedAgainst: string | null;
  readonly passwordHash: string;
}

/** A user changes its password; all its sessions end. */
export function changePasswordCommand({ userId, verifiedAgainst, passwordHash }: PasswordChange): Command {
  return {
    type: 'identity.change_password',
    permission: 'self.manage',
    subject: { type: 'user', id: userId },
    payload: {},
    needs: [need(USERS, userId), need(CREDENTIALS, userId)],
    decide: (state, { now }) => {
      const user = state.get(USERS, userId);
      const credential = state.get(CREDENTIALS, userId);
      if (!user || !credential) return { outcome: 'denied', problem: USER_NOT_FOUND };
      if (verifiedAgainst === null) return { outcome: 'denied', problem: WRONG_PASSWORD };
      if (credential.password_hash !== verifiedAgainst) return { outcome: 'denied', problem: PASSWORD_CHANGED };
      return {
        outcome: 'succeeded',
        effects: [
          updated(USERS, { ...user, activated_at: now }),
          updated(CREDENTIALS, { ...credential, password_hash: passwordHash }),
        ],
        answer: { changed: true },
      };
    },
  };
}

/** A user logs out; its sessions are ended before this is recorded. */
export function logoutCommand(userId: string, isEverywhere: boolean): Command {
  return {
    type: 'identity.logout',
    permission: 'self.manage',
    subject: { type: 'user', id: userId },
    payload: { everywhere: isEverywhere },
    needs: [],
    decide: () => ({ outcome: 'succeeded', effects: [], answer: { logged_out: true } }),
  };
}
