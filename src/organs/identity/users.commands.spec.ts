import { tokenHash } from '../../platform/random-token.js';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { WorkingSet } from '../../event-log/working-set.js';
import type { User } from './entities/user.entity.js';
import { LAST_MAINTAINER, OWN_ROLES, USER_NOT_FOUND, USERNAME_TAKEN } from './identity.errors.js';
import { USERS } from './tables.js';
import { createUserCommand, resetUserCommand, updateUserCommand, type UserChange } from './users.commands.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const IN_A_DAY = '2026-01-02T00:00:00.000000Z';

let users: User[];

beforeEach(() => {
  users = [user('ann', ['maintainer']), user('olga', ['operator'])];
});

function user(id: string, roles: string[], changes: Partial<User> = {}): User {
  return { id, username: id, roles, disabled: false, created_at: NOW, activated_at: NOW, ...changes };
}

/** What the rule says to a command of this user, on the rows that the command asked for. */
function decide(command: Command, by = 'ann'): Decision {
  const state = new WorkingSet();
  const credentials = users.map(({ id }) => ({
    user_id: id,
    password_hash: 'old',
    activation_hash: null,
    activation_expires_at: null,
  }));
  for (const { table, by: column, values } of command.needs) {
    const rows: object[] = table.entity === USERS.entity ? users : credentials;
    const found = rows.filter((row) => values.includes(String((row as Record<string, unknown>)[column])));
    state.load(table, column, values, found);
  }
  const principal = { actor: { type: 'user', id: by }, roles: ['maintainer'] } as const;
  return command.decide(state, { now: NOW, principal, eventId: 2, newId: () => 'new' } satisfies DecisionContext);
}

const change = (id: string, what: UserChange, by?: string): Decision => decide(updateUserCommand(id, what), by);
const rowsOf = (decision: Decision): object[] =>
  decision.outcome === 'succeeded' ? decision.effects.map((effect) => effect.row) : [];

describe('a new user', () => {
  const make = (username: string): Command =>
    createUserCommand({ id: 'id', username, roles: ['operator'], activationToken: 'ea_x' });

  it('has no password yet, and a token that is shown once and kept as its hash', () => {
    const decision = decide(make('new'));
    expect(decision).toMatchObject({
      status: 201,
      answer: { username: 'new', activated_at: null, activation_token: 'ea_x', activation_expires_at: IN_A_DAY },
      secrets: ['activation_token'],
    });
    expect(rowsOf(decision)[1]).toEqual({
      user_id: 'id',
      password_hash: null,
      activation_hash: tokenHash('ea_x'),
      activation_expires_at: IN_A_DAY,
    });
    expect(JSON.stringify(make('new').payload)).not.toContain('ea_x');
  });

  it('needs a name of its own', () => {
    expect(decide(make('olga'))).toEqual({ outcome: 'denied', problem: USERNAME_TAKEN });
  });
});

describe('a change of a user', () => {
  it('keeps what it does not name', () => {
    expect(rowsOf(change('olga', { disabled: true }))).toEqual([user('olga', ['operator'], { disabled: true })]);
    expect(rowsOf(change('olga', { roles: ['arbiter'] }))).toEqual([user('olga', ['arbiter'])]);
  });

  it('is refused for nobody, and for the own roles', () => {
    expect(change('nobody', { disabled: true })).toEqual({ outcome: 'denied', problem: USER_NOT_FOUND });
    expect(change('ann', { roles: ['maintainer', 'operator'] })).toEqual({ outcome: 'denied', problem: OWN_ROLES });
  });

  it.each<[string, UserChange]>([
    ['disabled', { disabled: true }],
    ['demoted', { roles: ['operator'] }],
  ])('leaves the last active maintainer: not %s', (_, what) => {
    const refused = { outcome: 'denied', problem: LAST_MAINTAINER };
    expect(change('ann', what, 'olga')).toEqual(refused);
    users.push(user('max', ['maintainer'], { disabled: true }), user('mia', ['maintainer'], { activated_at: null }));
    expect(change('ann', what, 'olga')).toEqual(refused);
    users.push(user('mo', ['arbiter', 'maintainer']));
    expect(change('ann', what, 'olga').outcome).toBe('succeeded');
  });
});

describe('a reset', () => {
  it('voids the password at once and opens a new activation', () => {
    expect(rowsOf(decide(resetUserCommand('olga', 'ea_y')))).toEqual([
      user('olga', ['operator'], { activated_at: null }),
      {
        user_id: 'olga',
        password_hash: null,
        activation_hash: tokenHash('ea_y'),
        activation_expires_at: IN_A_DAY,
      },
    ]);
  });

  it('is refused for nobody, and for the last active maintainer', () => {
    expect(decide(resetUserCommand('nobody', 'ea_y'))).toEqual({ outcome: 'denied', problem: USER_NOT_FOUND });
    expect(decide(resetUserCommand('ann', 'ea_y'))).toEqual({ outcome: 'denied', problem: LAST_MAINTAINER });
  });
});
