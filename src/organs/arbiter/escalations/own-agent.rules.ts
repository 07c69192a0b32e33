import { need, type Need, type State } from '../../../event-log/working-set.js';
import { AGENT_KEYS, AGENTS } from '../../agents/index.js';
import type { Escalation } from '../entities/escalation.entity.js';

/** The rows that tell whose an agent is. */
export function ownershipNeeds(agentId: string): Need[] {
  return [need(AGENTS, agentId), need(AGENT_KEYS, agentId, 'agent_id')];
}

/**
 * Whether a user registered the agent of an escalation, or issued a key of it that was in force when it asked or has been
 * since: whoever saw a key may be the one who asks, or who acts.
 */
export function isOwn(
  state: State,
  { agent_id: agentId, asked_at: asked }: Readonly<Escalation>,
  userId: string,
): boolean {
  if (state.get(AGENTS, agentId)?.registered_by === userId) return true;
  const keys = state.find(AGENT_KEYS, 'agent_id', agentId);
  const inForce = keys.filter((key) => key.expires_at === null || key.expires_at > asked);
  return inForce.some((key) => key.issued_by === userId);
}
