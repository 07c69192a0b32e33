import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '../../platform/errors/problem.js';
import { TOO_MANY_LOGINS } from './identity.errors.js';
import { PasswordHasher } from './password-hasher.js';

describe('the password hasher', () => {
  it('makes argon2id hashes of 19 MiB, two passes, one lane, that fit their password alone', async () => {
    const hasher = new PasswordHasher();
    const hash = await hasher.hash('a long enough password');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.verify(hash, 'a long enough password')).toBe(true);
    expect(await hasher.verify(hash, 'a long enough passwore')).toBe(false);
    expect(await hasher.verify(null, 'a long enough password')).toBe(false);
  });

  it('does one at a time, lets 16 wait, and turns the next away', async () => {
    const hasher = new PasswordHasher();
    const tries = await Promise.allSettled(Array.from({ length: 18 }, () => hasher.verify(null, 'whatever')));
    expect(tries.filter((t) => t.status === 'fulfilled')).toHaveLength(17);
    const refused = tries.at(-1);
    expect(refused?.status === 'rejected' && (refused.reason as ProblemError).problem).toEqual(TOO_MANY_LOGINS);
    expect(await hasher.verify(null, 'whatever')).toBe(false);
  });
});
