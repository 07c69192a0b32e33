import type { Accepted, Command, DecisionContext, Denied } from '../../event-log/command.js';
import { inserted, updated, type Effect } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import { plusSeconds } from '../../platform/time.js';
import {
  AGENT_NOT_FOUND,
  AGENT_TERMINATED,
  ALREADY_REGISTERED,
  KEY_ALREADY_VOID,
  KEY_NOT_FOUND,
} from './agents.errors.js';
import { apiKeyHash, apiKeyPrefix } from './api-key.js';
import type { AgentKey } from './entities/agent-key.entity.js';
import type { Agent, AgentType } from './entities/agent.entity.js';
import { parentNeeds, parentProblem } from './kinship.js';
import { AGENT_KEY_SECRETS, AGENT_KEYS, AGENTS } from './tables.js';

/** What an agent is registered with. */
export interface Registration {
  readonly agentId: string;
  readonly type: AgentType;
  readonly description: string | null;
  readonly capabilities: readonly string[] | null;
  readonly sourceUri: string | null;
  /** The agent that it is made by or for; null: none. */
  readonly parentId: string | null;
  /** Made by the caller, since a rule has no random of its own; only its hash is kept. */
  readonly apiKey: string;
}

/** What may change about an agent; absent members stay. */
export interface AgentChange {
  readonly description?: string | null;
  readonly capabilities?: readonly string[] | null;
  readonly sourceUri?: string | null;
}

/** Registers an agent and gives it its first key. */
export function registerCommand({ agentId, apiKey, ...given }: Registration): Command {
  const { type, description, capabilities, sourceUri, parentId } = given;
  return {
    type: 'agents.register',
    permission: 'agents.manage',
    subject: { type: 'agent', id: agentId },
    payload: { agent_id: agentId, type, description, capabilities, source_uri: sourceUri, parent_id: parentId },
    needs: [need(AGENTS, agentId), ...(parentId === null ? [] : parentNeeds(parentId))],
    decide: (state, context) => {
      if (state.get(AGENTS, agentId)) return denied(ALREADY_REGISTERED);
      const problem = parentId === null ? null : parentProblem(state, parentId);
      if (problem) return denied(problem);
      const agent: Agent = {
        agent_id: agentId,
        type,
        description,
        capabilities: capabilities ? [...capabilities] : null,
        source_uri: sourceUri,
        registered_at: context.now,
        registered_by: context.principal.actor.id,
        status: 'active',
        status_reason: null,
        status_since: context.now,
        status_event_id: context.eventId,
        parent_id: parentId,
        probation: null,
        throttle: null,
        supervision: null,
        silent_since: null,
      };
      const key = newKey(agentId, apiKey, context);
      return {
        outcome: 'succeeded',
        status: 201,
        effects: [inserted(AGENTS, agent), ...key.effects],
        answer: { ...agentAnswer(agent), key_id: key.row.key_id, api_key: apiKey },
        secrets: ['api_key'],
      };
    },
  };
}

/** Changes what an agent is described by and may ask for. */
export function changeCommand(agentId: string, change: AgentChange): Command {
  const { description, capabilities, sourceUri } = change;
  return {
    type: 'agents.update',
    permission: 'agents.manage',
    subject: { type: 'agent', id: agentId },
    payload: { description, capabilities, source_uri: sourceUri },
    needs: [need(AGENTS, agentId)],
    decide: (state) => {
      const agent = state.get(AGENTS, agentId);
      const problem = problemWith(agent);
      if (!agent || problem) return denied(problem ?? AGENT_NOT_FOUND);
      const after: Agent = {
        ...agent,
        ...(description === undefined ? {} : { description }),
        ...(capabilities === undefined ? {} : { capabilities: capabilities ? [...capabilities] : null }),
        ...(sourceUri === undefined ? {} : { source_uri: sourceUri }),
      };
      return { outcome: 'succeeded', effects: [updated(AGENTS, after)], answer: agentAnswer(after) };
    },
  };
}

/** Gives an agent a new key; all older ones live on for the grace, in seconds. */
export function rotateKeyCommand(agentId: string, apiKey: string, graceSeconds: number): Command {
  return {
    type: 'agents.rotate_key',
    permission: 'keys.manage',
    subject: { type: 'agent', id: agentId },
    payload: { grace_seconds: graceSeconds },
    needs: [need(AGENTS, agentId), need(AGENT_KEYS, agentId, 'agent_id')],
    decide: (state, context) => {
      const problem = problemWith(state.get(AGENTS, agentId));
      if (problem) return denied(problem);
      const end = plusSeconds(context.now, graceSeconds);
      const older = state
        .find(AGENT_KEYS, 'agent_id', agentId)
        .filter((k) => k.expires_at === null || k.expires_at > end);
      const key = newKey(agentId, apiKey, context);
      return {
        outcome: 'succeeded',
        effects: [...older.map((k) => updated(AGENT_KEYS, { ...k, expires_at: end })), ...key.effects],
        answer: {
          agent_id: agentId,
          key_id: key.row.key_id,
          prefix: key.row.prefix,
          api_key: apiKey,
          older_keys_expire_at: end,
        },
        secrets: ['api_key'],
      };
    },
  };
}

/** Makes a key void at once. */
export function revokeKeyCommand(agentId: string, keyId: string): Command {
  return {
    type: 'agents.revoke_key',
    permission: 'keys.manage',
    subject: { type: 'agent', id: agentId },
    payload: { key_id: keyId },
    needs: [need(AGENTS, agentId), need(AGENT_KEYS, keyId)],
    decide: (state, { now }) => {
      if (!state.get(AGENTS, agentId)) return denied(AGENT_NOT_FOUND);
      const key = state.get(AGENT_KEYS, keyId);
      if (key?.agent_id !== agentId) return denied(KEY_NOT_FOUND);
      if (key.expires_at !== null && key.expires_at <= now) return denied(KEY_ALREADY_VOID);
      const after: AgentKey = { ...key, expires_at: now };
      const answer = { agent_id: agentId, key_id: keyId, expires_at: now };
      return { outcome: 'succeeded', effects: [updated(AGENT_KEYS, after)], answer } satisfies Accepted;
    },
  };
}

/** An agent in an answer. */
export function agentAnswer({ probation, throttle, ...rest }: Readonly<Agent>) {
  return {
    ...rest,
    probation: probation && { until: probation.until, share: probation.share },
    throttle: throttle && { until: throttle.until, per_minute: throttle.per_minute, policy_id: throttle.policy_id },
  };
}

function newKey(
  agentId: string,
  apiKey: string,
  { now, newId, principal }: DecisionContext,
): { row: AgentKey; effects: Effect[] } {
  const row: AgentKey = {
    key_id: newId(),
    agent_id: agentId,
    prefix: apiKeyPrefix(apiKey),
    created_at: now,
    issued_by: principal.actor.id,
    expires_at: null,
  };
  const secret = { key_id: row.key_id, agent_id: agentId, key_hash: apiKeyHash(apiKey) };
  return { row, effects: [inserted(AGENT_KEYS, row), inserted(AGENT_KEY_SECRETS, secret)] };
}

function problemWith(agent: Readonly<Agent> | null): Problem | null {
  if (!agent) return AGENT_NOT_FOUND;
  return agent.status === 'terminated' ? AGENT_TERMINATED : null;
}

function denied(problem: Problem): Denied {
  return { outcome: 'denied', problem };
}
