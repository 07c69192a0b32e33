import { WorkingSet } from '../../src/event-log/working-set.js';
import type { GovernedTable } from '../../src/event-log/table.js';
import { STATE } from '../../src/organs/arbiter/arbiter.rules.js';
import type { StatePolicy } from '../../src/organs/arbiter/entities/state-policy.entity.js';
import {
  STATES,
  THE_STATE,
  type StateName,
  type SubstrateState,
} from '../../src/organs/arbiter/entities/substrate-state.entity.js';
import { DEFAULT_STATE_POLICIES, STATE_POLICIES } from '../../src/organs/arbiter/state-policies.js';
import type { ImmuneFinding } from '../../src/organs/immune/entities/immune-finding.entity.js';
import { FINDINGS } from '../../src/organs/immune/tables.js';

/** Since when the state of a test is what it is. */
export const SINCE = '2026-01-01T00:00:00.000000Z';
/** The event that made it so. */
export const SINCE_EVENT = 10;

interface Told {
  readonly state?: Partial<SubstrateState>;
  readonly policies?: Partial<Record<StateName, Partial<StatePolicy>>>;
  readonly findings?: readonly Partial<ImmuneFinding>[];
}

/** The rows that rules on the state read: `observe` since a moment, the default policies and no finding, with changes. */
export function systemState({ state = {}, policies = {}, findings = [] }: Told = {}): WorkingSet {
  const set = new WorkingSet();
  const row = { id: THE_STATE, current_state: 'observe', since: SINCE, trigger: 't', raised_by: 'genesis' } as const;
  load(set, STATE, 'id', [THE_STATE], [{ ...row, event_id: SINCE_EVENT, ...state }]);
  const rows = DEFAULT_STATE_POLICIES.map((policy) => ({ ...policy, ...policies[policy.state] }));
  load(set, STATE_POLICIES, 'state', STATES, rows);
  const found = findings.map((finding, i) => ({
    id: `f${i}`,
    policy_id: 'loop',
    mode: 'on',
    answer: 'throttle',
    ...finding,
  }));
  load(set, FINDINGS, 'mode', ['on'], found as ImmuneFinding[]);
  return set;
}

function load<R extends object>(
  set: WorkingSet,
  table: GovernedTable<R>,
  by: keyof R & string,
  values: readonly string[],
  rows: readonly R[],
): void {
  set.load(table as unknown as GovernedTable<object>, by, values, rows);
}
