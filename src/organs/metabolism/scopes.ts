import { need, needVia, type Need, type State, type Via } from '../../event-log/working-set.js';
import type { Scope, ScopeKind } from './entities/scope.entity.js';
import { ACCOUNTS, HOLDS, LIMITS, SCOPES } from './tables.js';

/** The scope above all others. */
export const SUBSTRATE_SCOPE = 'substrate';
/** How deep groups nest: company, division, department, team, project, task. */
export const GROUP_LEVELS_MAX = 6;
/** Percentages of a limit that are told where a scope does not say. */
export const THRESHOLDS_DEFAULT: readonly number[] = [50, 80, 95, 100];

const AGENT_PREFIX = 'agent:';

/** The scope of an agent. */
export function agentScope(agentId: string): string {
  return `${AGENT_PREFIX}${agentId}`;
}

/** The agent of a scope, or null. */
export function agentOfScope(scopeId: string): string | null {
  return scopeId.startsWith(AGENT_PREFIX) ? scopeId.slice(AGENT_PREFIX.length) : null;
}

/** What a scope's id says that it is. */
export function kindOfScope(scopeId: string): ScopeKind {
  if (scopeId === SUBSTRATE_SCOPE) return 'substrate';
  return agentOfScope(scopeId) === null ? 'group' : 'agent';
}

/** From scopes up to the root; what has no row is directly below it. */
const UPWARDS: Via = {
  name: 'upwards',
  sql: `select unnest($1::text[])
    union select coalesce(s.parent_id, '${SUBSTRATE_SCOPE}') from way left join scopes s on s.id = way.id
      where way.id <> '${SUBSTRATE_SCOPE}'`,
};

/** From groups to all groups below them. */
const DOWNWARDS: Via = {
  name: 'downwards',
  sql: `select unnest($1::text[]) union select s.id from way join scopes s on s.parent_id = way.id and s.kind = 'group'`,
};

/** From actions to the scopes that they hold in. */
const HELD_IN: Via = {
  name: 'held-in',
  sql: `select distinct unnest(scopes) from holds where action_id = any($1::uuid[])`,
};

/** A scope, all above it, their sums and their limits. */
export function chainNeeds(...scopeIds: readonly string[]): Need[] {
  return [
    needVia(SCOPES, 'id', UPWARDS, scopeIds),
    needVia(ACCOUNTS, 'scope_id', UPWARDS, scopeIds),
    needVia(LIMITS, 'scope_id', UPWARDS, scopeIds),
  ];
}

/** An action's hold, the scopes that it holds in, their sums and their limits. */
export function holdNeeds(actionId: string): Need[] {
  return [
    need(HOLDS, actionId),
    needVia(SCOPES, 'id', HELD_IN, [actionId]),
    needVia(ACCOUNTS, 'scope_id', HELD_IN, [actionId]),
    needVia(LIMITS, 'scope_id', HELD_IN, [actionId]),
  ];
}

/** The groups below a group, found by `parent_id`. */
export function descentNeeds(scopeId: string): Need[] {
  return [needVia(SCOPES, 'parent_id', DOWNWARDS, [scopeId])];
}

/** A scope and those above it, upwards to the root. */
export function chainOf(state: State, scopeId: string): string[] {
  const chain = [scopeId];
  for (let at = scopeId; at !== SUBSTRATE_SCOPE; chain.push(at)) at = parentOf(state, at);
  return chain;
}

/** The scope above one. */
export function parentOf(state: State, scopeId: string): string {
  return state.get(SCOPES, scopeId)?.parent_id ?? SUBSTRATE_SCOPE;
}

/** The levels of groups that hang below a group, itself included. */
export function heightOf(state: State, groupId: string): number {
  const groups = state.find(SCOPES, 'parent_id', groupId).filter((scope) => scope.kind === 'group');
  return 1 + Math.max(0, ...groups.map((group) => heightOf(state, group.id)));
}

/** A scope as it is where nothing was ever said about it. */
export function scopeOr(row: Readonly<Scope> | null, scopeId: string, now: string): Scope {
  if (row) return { ...row };
  const kind = kindOfScope(scopeId);
  const parent = kind === 'substrate' ? null : SUBSTRATE_SCOPE;
  return { id: scopeId, kind, name: null, parent_id: parent, thresholds: null, created_at: now };
}
