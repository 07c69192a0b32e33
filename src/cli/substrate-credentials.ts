import { type Tokens, TokensSchema } from './substrate-answers.js';
import type { Credential, SubstrateClient } from './substrate-client.js';
import { SubstrateError } from './substrate-error.js';

/** An access token is renewed this long before its end, so that a request does not meet the end on its way. */
const RENEW_BEFORE_END_MS = 60_000;

/** An agent's API key; it does not expire and cannot renew itself. */
export class AgentKey implements Credential {
  constructor(private readonly key: string) {}

  bearer(): Promise<string> {
    return Promise.resolve(this.key);
  }

  renew(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

/** A person's session: refreshes its access token by itself, once for all requests that wait for it. */
export class UserSession implements Credential {
  private renewAtMs: number;
  private refreshing: Promise<void> | null = null;

  private constructor(
    private readonly client: SubstrateClient,
    private tokens: Tokens,
    readonly username: string,
    readonly roles: readonly string[],
  ) {
    this.renewAtMs = renewalTime(tokens);
  }

  /** @throws SubstrateError 401 when name or password is wrong, 429 after too many tries */
  static async login(client: SubstrateClient, username: string, password: string): Promise<UserSession> {
    const call = { method: 'POST', path: '/auth/login', body: { username, password } } as const;
    const { body } = await client.request(TokensSchema, call);
    return new UserSession(client, body, username, body.roles ?? []);
  }

  /** Sets the first password of a user with the token its maker was given, which also logs in. */
  static async activate(
    client: SubstrateClient,
    user: { username: string; roles: readonly string[]; activationToken: string; password: string },
  ): Promise<UserSession> {
    const body = { activation_token: user.activationToken, password: user.password };
    const answer = await client.request(TokensSchema, { method: 'POST', path: '/auth/activate', body });
    return new UserSession(client, answer.body, user.username, answer.body.roles ?? user.roles);
  }

  /** True when the user has one of the roles. */
  hasAny(...roles: readonly string[]): boolean {
    return roles.some((role) => this.roles.includes(role));
  }

  async bearer(): Promise<string> {
    if (Date.now() >= this.renewAtMs) await this.refresh();
    return this.tokens.access_token;
  }

  async renew(refused: string): Promise<boolean> {
    if (this.tokens.access_token !== refused) return true;
    try {
      await this.refresh();
      return true;
    } catch (error) {
      if (error instanceof SubstrateError) return false;
      throw error;
    }
  }

  private refresh(): Promise<void> {
    this.refreshing ??= this.exchange().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async exchange(): Promise<void> {
    const body = { refresh_token: this.tokens.refresh_token };
    const answer = await this.client.request(TokensSchema, { method: 'POST', path: '/auth/refresh', body });
    this.tokens = answer.body;
    this.renewAtMs = renewalTime(answer.body);
  }
}

function renewalTime(tokens: Tokens): number {
  return Date.now() + Math.max(tokens.expires_in * 1000 - RENEW_BEFORE_END_MS, tokens.expires_in * 500);
}
