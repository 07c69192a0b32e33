import { need, needVia, type Need, type State, type Via } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { Agent } from './entities/agent.entity.js';
import { PARENT_NOT_ACTIVE, PARENT_NOT_FOUND, tooDeep, tooManyChildren } from './agents.errors.js';
import { AGENTS } from './tables.js';

/** Agents above each other, the first included: an agent, what it spawned, and what that spawned. */
export const AGENT_LEVELS_MAX = 4;
/** Agents directly below one: all of them are isolated in the transaction that isolates it. */
export const CHILDREN_MAX = 256;

/** From agents to all that are below them, themselves included. */
const KIN_SQL = `select unnest($1::text[]) union select a.agent_id from way join agents a on a.parent_id = way.id`;

/** From agents to themselves and all below them. */
export const KIN: Via = { name: 'kin', sql: KIN_SQL };

/** The ids of agents and all below them as a subquery, for ways that go on from there. */
export const KIN_IDS = `(with recursive way(id) as (${KIN_SQL}) select id from way)`;

const ANCESTORS: Via = {
  name: 'ancestors',
  sql: `select unnest($1::text[]) union select a.parent_id from way join agents a on a.agent_id = way.id where a.parent_id is not null`,
};

/** An agent and all below it, as rows. */
export function kinNeeds(agentId: string): Need[] {
  return [need(AGENTS, agentId), needVia(AGENTS, 'parent_id', KIN, [agentId])];
}

/** All below an agent, those nearest to it first. Reads the rows of `kinNeeds`. */
export function descendantsOf(state: State, agentId: string): Readonly<Agent>[] {
  const children = state.find(AGENTS, 'parent_id', agentId);
  const ordered = children.toSorted((a, b) => (a.agent_id < b.agent_id ? -1 : 1));
  return [...ordered, ...ordered.flatMap((child) => descendantsOf(state, child.agent_id))];
}

/** The rows that tell whether an agent may have one more below it. */
export function parentNeeds(parentId: string): Need[] {
  return [needVia(AGENTS, 'agent_id', ANCESTORS, [parentId]), need(AGENTS, parentId, 'parent_id')];
}

/** Why an agent may have none below it, or none more; null: it may. */
export function parentProblem(state: State, parentId: string): Problem | null {
  const parent = state.get(AGENTS, parentId);
  if (!parent) return PARENT_NOT_FOUND;
  if (parent.status !== 'active') return PARENT_NOT_ACTIVE;
  if (levelOf(state, parent) >= AGENT_LEVELS_MAX) return tooDeep(AGENT_LEVELS_MAX);
  return state.find(AGENTS, 'parent_id', parentId).length >= CHILDREN_MAX ? tooManyChildren(CHILDREN_MAX) : null;
}

function levelOf(state: State, { parent_id: parentId }: Readonly<Agent>): number {
  const parent = parentId === null ? null : state.get(AGENTS, parentId);
  return parent ? 1 + levelOf(state, parent) : 1;
}
