import { describe, expect, it } from '@jest/globals';
import type { Decision, DecisionContext } from '../../event-log/command.js';
import { WorkingSet } from '../../event-log/working-set.js';
import { plusSeconds } from '../../platform/time.js';
import { tokenHash } from '../../platform/random-token.js';
import { ACTIVATION_VOID, PASSWORD_CHANGED, WRONG_PASSWORD } from './identity.errors.js';
import { activateCommand, changePasswordCommand } from './self.commands.js';
import { CREDENTIALS, USERS } from './tables.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const USER = { id: 'u', username: 'u', roles: ['operator'], disabled: false, created_at: NOW, activated_at: null };
const OPEN = {
  user_id: 'u',
  password_hash: null,
  activation_hash: 'the hash',
  activation_expires_at: plusSeconds(NOW, 60),
};
const SET = { ...OPEN, password_hash: 'old', activation_hash: null, activation_expires_at: null };

function stateWith(credential: object): WorkingSet {
  const state = new WorkingSet();
  state.load(USERS as never, 'id', ['u'], [USER]);
  state.load(CREDENTIALS as never, 'user_id', ['u'], [credential]);
  return state;
}

const at = (now: string) => ({ now, newId: () => 'family' }) as DecisionContext;

describe('an activation', () => {
  const activate = (activationHash: string, now: string): Decision =>
    activateCommand({
      userId: 'u',
      activationHash,
      passwordHash: 'new',
      accessToken: 'access',
      refreshToken: 'refresh',
    }).decide(stateWith(OPEN), at(now));

  it('sets the password, uses its token up and opens a session of that password, all in one', () => {
    const decision = activate('the hash', NOW);
    expect(decision).toMatchObject({
      answer: { access_token: 'access', refresh_token: 'refresh', token_type: 'bearer', roles: ['operator'] },
      secrets: ['access_token', 'refresh_token'],
    });
    const [user, credential, session] = decision.outcome === 'succeeded' ? decision.effects.map((e) => e.row) : [];
    expect(user).toEqual({ ...USER, activated_at: NOW });
    expect(credential).toEqual({ ...SET, password_hash: 'new' });
    expect(session).toMatchObject({ token_hash: tokenHash('refresh'), user_id: 'u', password_set_at: NOW });
  });

  it('is refused when its time is over or another token was opened', () => {
    const refused = { outcome: 'denied', problem: ACTIVATION_VOID };
    expect(activate('the hash', plusSeconds(NOW, 60))).toEqual(refused);
    expect(activate('another hash', NOW)).toEqual(refused);
  });
});

describe('a change of password', () => {
  const change = (verifiedAgainst: string | null): Decision =>
    changePasswordCommand({ userId: 'u', verifiedAgainst, passwordHash: 'new' }).decide(stateWith(SET), at(NOW));

  it('sets the new one and its time, which ends the sessions of the old', () => {
    const decision = change('old');
    expect(decision.outcome === 'succeeded' && decision.effects.map((e) => e.row)).toEqual([
      { ...USER, activated_at: NOW },
      { ...SET, password_hash: 'new' },
    ]);
  });

  it('is refused when the current one is wrong, or is current no more', () => {
    expect(change(null)).toEqual({ outcome: 'denied', problem: WRONG_PASSWORD });
    expect(change('older')).toEqual({ outcome: 'denied', problem: PASSWORD_CHANGED });
  });
});
