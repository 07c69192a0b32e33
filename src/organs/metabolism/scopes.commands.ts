import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { deleted, inserted, updated, type Effect } from '../../event-log/effect.js';
import type { State } from '../../event-log/working-set.js';
import { decimalOfNano } from '../../platform/decimal.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { JsonObject } from '../../platform/json.js';
import { Books } from './books.js';
import type { Limit } from './entities/limit.entity.js';
import type { Scope } from './entities/scope.entity.js';
import { newLimit } from './grants.js';
import { standingOf } from './limit.rules.js';
import { NOT_A_GROUP, SCOPE_LOOP, SCOPE_NOT_FOUND, tooDeep } from './metabolism.errors.js';
import type { Period } from './period.js';
import {
  chainNeeds,
  chainOf,
  descentNeeds,
  GROUP_LEVELS_MAX,
  heightOf,
  kindOfScope,
  scopeOr,
  SUBSTRATE_SCOPE,
} from './scopes.js';
import { scopeAnswer } from './scope-answers.js';
import { LIMITS, SCOPES } from './tables.js';

/** A limit as a caller asks for it; the amount in nano-units. */
export interface WantedLimit {
  readonly unit: string;
  readonly total: bigint;
  readonly period: Exclude<Period, { kind: 'single' }>;
}

/** What is said about a scope; absent members stay as they are. */
export interface ScopeChange {
  readonly name?: string;
  readonly parentId?: string;
  /** All of the scope's limits but what was allocated. One of the same unit and windows goes on with what it bears. */
  readonly limits?: readonly WantedLimit[];
  /** Percentages; null: the defaults. */
  readonly thresholds?: readonly number[] | null;
}

/** Makes a group below the root or another group. */
export function createScopeCommand(groupId: string, change: ScopeChange & { readonly name: string }): Command {
  const parentId = change.parentId ?? SUBSTRATE_SCOPE;
  return {
    type: 'metabolism.create_scope',
    permission: 'budgets.manage',
    subject: { type: 'scope', id: groupId },
    payload: { scope_id: groupId, ...payloadOf({ ...change, parentId }) },
    // Below it is nothing yet; who moves it in the same transaction looks there.
    needs: [...chainNeeds(groupId, parentId), ...descentNeeds(groupId)],
    decide: (state, context) => {
      const problem = placeProblem(state, groupId, parentId, 1);
      if (problem) return denied(problem);
      const scope: Scope = { ...scopeOr(null, groupId, context.now), name: change.name, parent_id: parentId };
      return said(state, scope, null, change, context, 201);
    },
  };
}

/** Renames, moves, limits a scope. What was spent stays where it was spent, and open holds settle where they were taken. */
export function changeScopeCommand(scopeId: string, change: ScopeChange): Command {
  const { parentId } = change;
  return {
    type: 'metabolism.change_scope',
    permission: 'budgets.manage',
    subject: { type: 'scope', id: scopeId },
    payload: { scope_id: scopeId, ...payloadOf(change) },
    needs: [...chainNeeds(scopeId, ...(parentId === undefined ? [] : [parentId])), ...descentNeeds(scopeId)],
    decide: (state, context) => {
      const row = state.get(SCOPES, scopeId);
      const kind = kindOfScope(scopeId);
      if (kind === 'group' && !row) return denied(SCOPE_NOT_FOUND);
      if (parentId !== undefined) {
        const height = kind === 'group' ? heightOf(state, scopeId) : 0;
        const problem = kind === 'substrate' ? NOT_A_GROUP : placeProblem(state, scopeId, parentId, height);
        if (problem) return denied(problem);
      }
      const before = scopeOr(row, scopeId, context.now);
      const scope: Scope = {
        ...before,
        name: kind === 'group' ? (change.name ?? before.name) : null,
        parent_id: parentId ?? before.parent_id,
      };
      return said(state, scope, row, change, context, 200);
    },
  };
}

/** Why a scope of some levels of groups cannot stand below another one, or null. */
function placeProblem(state: State, scopeId: string, parentId: string, height: number): Problem | null {
  const kind = kindOfScope(parentId);
  if (kind === 'agent') return NOT_A_GROUP;
  if (kind === 'group' && !state.get(SCOPES, parentId)) return SCOPE_NOT_FOUND;
  const above = chainOf(state, parentId);
  if (above.includes(scopeId)) return SCOPE_LOOP;
  return above.length - 1 + height > GROUP_LEVELS_MAX ? tooDeep(GROUP_LEVELS_MAX) : null;
}

function said(
  state: State,
  scope: Scope,
  row: Readonly<Scope> | null,
  change: ScopeChange,
  context: DecisionContext,
  status: 200 | 201,
): Decision {
  const after: Scope = {
    ...scope,
    thresholds: change.thresholds === undefined ? scope.thresholds : ascending(change.thresholds),
  };
  const books = new Books(state, [after.id], context);
  const present = books.limitsOf(after.id).map(({ limit }) => limit);
  const { limits, effects } = change.limits
    ? limited(after.id, change.limits, present, books, context)
    : { limits: present, effects: [] };
  return {
    outcome: 'succeeded',
    status,
    effects: [row ? updated(SCOPES, after) : inserted(SCOPES, after), ...effects],
    answer: scopeAnswer(after, limits, books, context.now) as unknown as JsonObject,
  };
}

function ascending(thresholds: readonly number[] | null): number[] | null {
  return thresholds && thresholds.toSorted((a, b) => a - b);
}

/** The scope's limits after somebody said what they are to be. */
function limited(
  scopeId: string,
  wanted: readonly WantedLimit[],
  present: readonly Readonly<Limit>[],
  books: Books,
  context: DecisionContext,
): { readonly limits: Limit[]; readonly effects: Effect[] } {
  const { now, newId } = context;
  const allocated = present.filter((limit) => limit.period.kind === 'single');
  const free = present.filter((limit) => limit.period.kind !== 'single');
  const effects: Effect[] = [];
  const limits = wanted.map(({ unit, total, period }) => {
    const sums = books.sumsOf(scopeId, unit);
    const same = free.find((limit) => limit.unit === unit && isSamePeriod(limit.period, period));
    const limit = same
      ? { ...same, limit_nano: total }
      : newLimit({ id: newId(), scopeId, unit, total, period }, sums, context);
    const after = { ...limit, in_debt: standingOf(limit, sums, now).debt > 0n };
    effects.push(same ? updated(LIMITS, after) : inserted(LIMITS, after));
    return after;
  });
  const gone = free.filter((limit) => !limits.some((after) => after.id === limit.id));
  effects.push(...gone.map((limit) => deleted(LIMITS, limit)));
  return { limits: [...allocated, ...limits], effects };
}

/** Whether two periods have the same windows. */
export function isSamePeriod(one: Period, other: Period): boolean {
  if (one.kind === 'calendar' && other.kind === 'calendar') {
    return one.every === other.every && one.time_zone === other.time_zone;
  }
  if ('seconds' in one && 'seconds' in other) return one.kind === other.kind && one.seconds === other.seconds;
  return one.kind === other.kind && one.kind === 'lifetime';
}

function payloadOf({ name, parentId, limits, thresholds }: ScopeChange): JsonObject {
  return {
    ...(name === undefined ? {} : { name }),
    ...(parentId === undefined ? {} : { parent_id: parentId }),
    ...(thresholds === undefined ? {} : { thresholds }),
    ...(limits === undefined
      ? {}
      : {
          limits: limits.map(({ unit, total, period }) => ({
            unit,
            limit: decimalOfNano(total),
            period: { ...period },
          })),
        }),
  };
}

function denied(problem: Problem): Decision {
  return { outcome: 'denied', problem };
}
