import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { ProblemError } from '../../platform/errors/problem.js';
import { TOO_MANY_LOGINS } from './identity.errors.js';

/** Argon2id as the OWASP Password Storage Cheat Sheet recommends it: 19 MiB, two passes, one lane. */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Passwords that may wait: each takes some 30 ms, and one thread of the four that file and name look-ups share. */
const WAITING_MAX = 16;

/** Hashes and checks passwords, one at a time. */
@Injectable()
export class PasswordHasher {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private readonly nobody: Promise<string> = hash(`${Math.random()}`, ARGON2ID);

  /** The hash of a new password in PHC form. @throws ProblemError 429 */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, ARGON2ID));
  }

  /** Whether a password fits a hash. Without a hash the work is the same, and the answer no. @throws ProblemError 429 */
  verify(passwordHash: string | null, password: string): Promise<boolean> {
    return this.inTurn(async () => {
      const fits = await verify(passwordHash ?? (await this.nobody), password);
      return fits && passwordHash !== null;
    });
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting > WAITING_MAX) throw new ProblemError(TOO_MANY_LOGINS);
    this.waiting += 1;
    const turn = this.last.then(work, work).finally(() => (this.waiting -= 1));
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
