import { Injectable } from '@nestjs/common';
import type { Caller, Principal } from '../event-log/command.js';
import type { Timestamp } from '../platform/time.js';
import type { Need, State } from '../event-log/working-set.js';

/**
 * How one kind of caller is looked up. Identity implements it for users, agents for agents; both by rows, so that the
 * same code serves a decision under the head's lock and a read outside of it.
 */
export interface PrincipalSource {
  readonly kind: Caller['kind'];
  /** The rows that tell who the caller is. */
  needs(caller: Caller): readonly Need[];
  /** The caller as it is now, or null when there is no such caller any more: disabled, revoked, unknown. */
  resolve(state: State, caller: Caller, now: Timestamp): Principal | null;
}

/** The sources of all kinds of callers. */
@Injectable()
export class Principals {
  private readonly sources = new Map<string, PrincipalSource>();

  /** Called by each source's module at start. */
  register(source: PrincipalSource): void {
    this.sources.set(source.kind, source);
  }

  needs(caller: Caller): readonly Need[] {
    return this.sources.get(caller.kind)?.needs(caller) ?? [];
  }

  resolve(state: State, caller: Caller, now: Timestamp): Principal | null {
    if (caller.kind === 'system') return { actor: { type: 'system', id: caller.id }, roles: [] };
    return this.sources.get(caller.kind)?.resolve(state, caller, now) ?? null;
  }
}
