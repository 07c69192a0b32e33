import { tableOf } from '../../event-log/table.js';
import { StatePolicy, type StateApprovals } from './entities/state-policy.entity.js';
import { STATES, type StateName } from './entities/substrate-state.entity.js';

/** The table of what each state does. */
export const STATE_POLICIES = tableOf(StatePolicy);

/** Smallest share of limits: a thousandth, the grain that shares are reckoned in. */
export const LIMITS_SHARE_MIN = 0.001;
/** Smallest sensitivity: at a tenth of their thresholds detectors find what is usual. */
export const SENSITIVITY_MIN = 0.1;
/** Longest dwell and quiet time, in seconds: a week. */
export const STATE_SECONDS_MAX = 604_800;
/** Shortest stay where nobody says otherwise, in seconds: five minutes, in which people can look. */
export const DWELL_SECONDS_DEFAULT = 300;
/** Quiet that ends an alert where nobody says otherwise, in seconds: longer than a detector's usual cool-down of ten minutes. */
export const QUIET_SECONDS_DEFAULT = 900;

/** A raised state finds at nine tenths of a threshold: on recorded traces that isolates nobody wrongly either. */
const RAISED_SENSITIVITY = 0.9;
const NO_APPROVALS: StateApprovals = { kind: 'none' };

const UNRESTRICTED = {
  may_act: ['sensor', 'task', 'reflex'],
  limits_share: 1,
  approvals: NO_APPROVALS,
  sensitivity: 1,
  dwell_seconds: DWELL_SECONDS_DEFAULT,
  quiet_seconds: QUIET_SECONDS_DEFAULT,
  version: 1,
} satisfies Omit<StatePolicy, 'state'>;

const DIFFERENCES: Readonly<Record<StateName, Partial<StatePolicy>>> = {
  observe: {},
  alert: { sensitivity: RAISED_SENSITIVITY },
  act: {},
  defend: { may_act: ['reflex'], sensitivity: RAISED_SENSITIVITY },
};

/** What each state does in a new substrate. */
export const DEFAULT_STATE_POLICIES: readonly StatePolicy[] = STATES.map((state) => ({
  ...UNRESTRICTED,
  ...DIFFERENCES[state],
  state,
}));
