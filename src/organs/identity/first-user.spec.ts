import { describe, expect, it } from '@jest/globals';
import type { DecisionContext } from '../../event-log/command.js';
import type { StateReader } from '../../event-log/state-reader.js';
import { Config } from '../../platform/config/config.js';
import type { UserCredential } from './entities/user-credential.entity.js';
import { FirstUser, FirstUserError } from './first-user.js';
import { PasswordHasher } from './password-hasher.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const hasher = new PasswordHasher();

function firstUser(environment: Config['environment'], username: string | null, password: string | null): FirstUser {
  const config = { environment, bootstrapUsername: username, bootstrapPassword: password };
  // Only `takeCredentials` reads the database, and no test here gets that far.
  return new FirstUser(Object.assign(new Config(), config), hasher, undefined as unknown as StateReader);
}

describe('the first user', () => {
  it('is the configured maintainer, whose password stands in no recorded row', async () => {
    const rows = await firstUser('production', 'Ada', 'ada has long words too').prepare();
    const [user, credential] = rows({ now: NOW } as DecisionContext);
    expect(user?.row).toMatchObject({ username: 'ada', roles: ['maintainer'], disabled: false, activated_at: NOW });
    expect(user?.table.derived).toBe(true);
    expect(credential?.table.derived).toBe(false);
    const set = credential?.row as UserCredential | undefined;
    expect(await hasher.verify(set?.password_hash ?? null, 'ada has long words too')).toBe(true);
  });

  it('has the name maintainer where a development start is told nothing', async () => {
    const rows = await firstUser('development', null, null).prepare();
    expect(rows({ now: NOW } as DecisionContext)[0]?.row).toMatchObject({ username: 'maintainer' });
  });

  it.each([
    ['production', null, null, /set BOOTSTRAP_USERNAME and BOOTSTRAP_PASSWORD/],
    ['production', 'a b', 'ada has long words too', /BOOTSTRAP_USERNAME must be/],
    ['development', 'ada', 'short', /BOOTSTRAP_PASSWORD must have 15-256 characters/],
    ['development', 'ada', 'passwordpassword', /BOOTSTRAP_PASSWORD must not be/],
  ] as const)('of %s as %s with %s is none: the start says what to set', async (environment, name, password, words) => {
    const start = firstUser(environment, name, password).prepare();
    await expect(start).rejects.toThrow(FirstUserError);
    await expect(start).rejects.toThrow(words);
  });
});
