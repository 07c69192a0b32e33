import { Injectable } from '@nestjs/common';
import type { Authenticator } from '../../access/authenticators.js';
import type { Caller } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { API_KEY_MARK, apiKeyHash, isApiKey } from './api-key.js';
import { AGENT_KEY_SECRETS } from './tables.js';

/** Keys remembered by one process: some 200 bytes each. */
const REMEMBERED_MAX = 10_000;

/**
 * Finds out whose key a token is. Whose it is never changes, so the answer is remembered and the way to a command costs no
 * query; whether the key is still in force is read with each decision.
 */
@Injectable()
export class AgentAuthenticator implements Authenticator {
  private readonly remembered = new Map<string, Caller>();

  constructor(private readonly states: StateReader) {}

  recognizes(token: string): boolean {
    return token.startsWith(API_KEY_MARK);
  }

  async authenticate(token: string): Promise<Caller | null> {
    if (!isApiKey(token)) return null;
    const hash = apiKeyHash(token);
    const known = this.remembered.get(hash);
    if (known) return known;
    // The index compares SHA-256 hashes of 256 random bits: how long it takes tells nothing of any key.
    const [secret] = await this.states.rows(AGENT_KEY_SECRETS, 'key_hash = $1', [hash]);
    if (!secret) return null;
    const caller: Caller = { kind: 'agent', id: secret.agent_id, keyId: secret.key_id };
    this.remember(hash, caller);
    return caller;
  }

  private remember(hash: string, caller: Caller): void {
    const [oldest] = this.remembered.keys();
    if (this.remembered.size >= REMEMBERED_MAX && oldest !== undefined) this.remembered.delete(oldest);
    this.remembered.set(hash, caller);
  }
}
