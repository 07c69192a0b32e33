import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { inserted } from '../../event-log/effect.js';
import type { GenesisRows } from '../../event-log/genesis-parts.js';
import { StateReader } from '../../event-log/state-reader.js';
import { Config } from '../../platform/config/config.js';
import { USERNAME } from './dto/user.dto.js';
import type { User } from './entities/user.entity.js';
import { PasswordHasher } from './password-hasher.js';
import { passwordProblem } from './password.rules.js';
import { CREDENTIALS, USERS } from './tables.js';

/** Name of the first user of a development log, where none is configured. */
const DEVELOPMENT_USERNAME = 'maintainer';

/** A start that cannot make the first user; the message says what to set. */
export class FirstUserError extends Error {}

interface Made {
  readonly id: string;
  readonly username: string;
  readonly password: string;
}

/** The maintainer that a new log begins with. */
@Injectable()
export class FirstUser {
  private made: Made | null = null;

  constructor(
    private readonly config: Config,
    private readonly hasher: PasswordHasher,
    private readonly states: StateReader,
  ) {}

  /** The user's rows for the first event. @throws FirstUserError when production has no credentials for it, or bad ones */
  async prepare(): Promise<GenesisRows> {
    const { username, password } = this.credentials();
    const id = uuidv7();
    const passwordHash = await this.hasher.hash(password);
    if (this.config.bootstrapPassword === null) this.made = { id, username, password };
    return ({ now }) => {
      const user: User = { id, username, roles: ['maintainer'], disabled: false, created_at: now, activated_at: now };
      const credential = {
        user_id: id,
        password_hash: passwordHash,
        activation_hash: null,
        activation_expires_at: null,
      };
      return [inserted(USERS, user), inserted(CREDENTIALS, credential)];
    };
  }

  /** Name and random password, once, when this process made them and the log has them. */
  async takeCredentials(): Promise<{ username: string; password: string } | null> {
    const made = this.made;
    this.made = null;
    return made && (await this.states.one(USERS, made.id)) ? made : null;
  }

  private credentials(): { username: string; password: string } {
    const { bootstrapUsername, bootstrapPassword: password, environment } = this.config;
    if (bootstrapUsername === null || password === null) {
      if (environment === 'development')
        return { username: DEVELOPMENT_USERNAME, password: randomBytes(18).toString('base64url') };
      throw new FirstUserError(
        'there is no user yet: set BOOTSTRAP_USERNAME and BOOTSTRAP_PASSWORD for the first start',
      );
    }
    const username = bootstrapUsername.toLowerCase();
    if (!USERNAME.test(username))
      throw new FirstUserError('BOOTSTRAP_USERNAME must be a letter or digit, then up to 63 of a-z 0-9 . _ @ + -');
    const problem = passwordProblem(password, username);
    if (problem !== null) throw new FirstUserError(`BOOTSTRAP_PASSWORD ${problem}`);
    return { username, password };
  }
}
