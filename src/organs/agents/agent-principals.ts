import { Injectable } from '@nestjs/common';
import type { PrincipalSource } from '../../access/principals.js';
import type { Caller, Principal } from '../../event-log/command.js';
import { need, type Need, type State } from '../../event-log/working-set.js';
import type { Timestamp } from '../../platform/time.js';
import { KEY_ENDED, KEY_ISOLATED } from './agents.errors.js';
import { AGENT_KEYS, AGENTS } from './tables.js';

/** Agents as callers: the key must be in force. A quarantined or terminated agent is still known; the rules say no to it. */
@Injectable()
export class AgentPrincipals implements PrincipalSource {
  readonly kind = 'agent';

  needs(caller: Caller): readonly Need[] {
    return caller.kind === 'agent' ? [need(AGENTS, caller.id), need(AGENT_KEYS, caller.keyId)] : [];
  }

  resolve(state: State, caller: Caller, now: Timestamp): Principal | null {
    if (caller.kind !== 'agent') return null;
    const key = state.get(AGENT_KEYS, caller.keyId);
    const agent = state.get(AGENTS, caller.id);
    if (!agent || key?.agent_id !== agent.agent_id) return null;
    const actor = { type: 'agent', id: agent.agent_id } as const;
    if (key.expires_at === null || key.expires_at > now) return { actor, roles: [] };
    // Keys that a quarantine or the agent's end made void are still known, so that what is tried with them gets into the log.
    if (agent.status === 'active' || key.expires_at !== agent.status_since) return null;
    return { actor, roles: [], barred: agent.status === 'terminated' ? KEY_ENDED : KEY_ISOLATED };
  }
}
