import type { Command } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import type { Timestamp } from '../../platform/time.js';
import { AGENTS } from '../agents/index.js';

/** An agent's heartbeats are missed. Nothing, where that is known or it may not act anyway. */
export function silenceCommand(agentId: string, lastSeen: Timestamp, windowSeconds: number): Command {
  return {
    type: 'agents.silence',
    permission: 'system',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, last_seen: lastSeen, window_seconds: windowSeconds },
    needs: [need(AGENTS, agentId)],
    decide: (state) => {
      const agent = state.get(AGENTS, agentId);
      if (agent?.status !== 'active' || agent.silent_since !== null) return { outcome: 'nothing' };
      return { outcome: 'succeeded', answer: {}, effects: [updated(AGENTS, { ...agent, silent_since: lastSeen })] };
    },
  };
}

/** An agent that was silent is heard of again. */
export function returnCommand(agentId: string, lastSeen: Timestamp): Command {
  return {
    type: 'agents.return',
    permission: 'system',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, last_seen: lastSeen },
    needs: [need(AGENTS, agentId)],
    decide: (state) => {
      const agent = state.get(AGENTS, agentId);
      if (!agent || agent.status === 'terminated' || agent.silent_since === null) return { outcome: 'nothing' };
      return {
        outcome: 'succeeded',
        answer: {},
        payload: { agent_id: agentId, last_seen: lastSeen, silent_since: agent.silent_since },
        effects: [updated(AGENTS, { ...agent, silent_since: null })],
      };
    },
  };
}
