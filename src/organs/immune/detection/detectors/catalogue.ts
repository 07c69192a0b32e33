import type { DetectorName } from '../policy.js';
import type { DetectorKind } from '../detector.js';
import { BUDGET_REFUSALS } from './budget-refusals.js';
import { DENIALS, SILENCE, STUCK_HOLDS } from './bursts.js';
import { CALL_RATE } from './call-rate.js';
import { COST_ABOVE_HOLD } from './cost-above-hold.js';
import { DEBT } from './debt.js';
import { ERROR_RATE } from './error-rate.js';
import { LARGEST_CALL } from './largest-call.js';
import { LOOP } from './loop.js';
import { OBSERVATION_SPIKE } from './observation-spike.js';
import { PROBING } from './probing.js';
import { REPORTED_CRITICAL } from './reported-critical.js';
import { SPEND_ABOVE_PEERS } from './spend-above-peers.js';
import { SPEND_DROP } from './spend-drop.js';
import { SPEND_SPIKE } from './spend-spike.js';
import { UNUSUAL_HOURS } from './unusual-hours.js';

/** Every detector by its name. */
export const DETECTOR_KINDS: Readonly<Record<DetectorName, DetectorKind>> = {
  budget_refusals: BUDGET_REFUSALS,
  call_rate: CALL_RATE,
  spend_spike: SPEND_SPIKE,
  spend_drop: SPEND_DROP,
  spend_above_peers: SPEND_ABOVE_PEERS,
  error_rate: ERROR_RATE,
  denials: DENIALS,
  loop: LOOP,
  probing: PROBING,
  silence: SILENCE,
  stuck_holds: STUCK_HOLDS,
  unusual_hours: UNUSUAL_HOURS,
  debt: DEBT,
  cost_above_hold: COST_ABOVE_HOLD,
  largest_call: LARGEST_CALL,
  observation_spike: OBSERVATION_SPIKE,
  reported_critical: REPORTED_CRITICAL,
};
