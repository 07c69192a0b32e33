import { DETECTORS, type DetectorName, type Policy } from './policy.js';
import { SPIKE_THRESHOLD } from './spike-detector.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Threshold, window and cool-down in seconds of each detector; docs/detectors.md says what the thresholds count. */
const TERMS: Readonly<Record<DetectorName, readonly [threshold: number, window: number, coolDown: number]>> = {
  budget_refusals: [10, MINUTE, 0],
  call_rate: [1.5, MINUTE, 10 * MINUTE],
  spend_spike: [SPIKE_THRESHOLD, MINUTE, 10 * MINUTE],
  spend_drop: [SPIKE_THRESHOLD, HOUR, DAY],
  spend_above_peers: [5, MINUTE, 10 * MINUTE],
  error_rate: [9, 10 * MINUTE, 10 * MINUTE],
  denials: [20, MINUTE, 10 * MINUTE],
  loop: [8, 2 * MINUTE, 10 * MINUTE],
  probing: [5, 10 * MINUTE, 10 * MINUTE],
  silence: [1, MINUTE, 10 * MINUTE],
  stuck_holds: [5, HOUR, HOUR],
  unusual_hours: [14, HOUR, DAY],
  debt: [0, MINUTE, HOUR],
  cost_above_hold: [2, MINUTE, MINUTE],
  largest_call: [10, MINUTE, MINUTE],
  observation_spike: [SPIKE_THRESHOLD, MINUTE, 0],
  reported_critical: [1, MINUTE, 0],
};

/** The policies that a substrate starts with: all is watched and flagged, and refusals for lack of budget isolate. */
export const DEFAULT_POLICIES: readonly Policy[] = DETECTORS.map((detector) => {
  const [threshold, window, coolDown] = TERMS[detector];
  return {
    id: detector.replaceAll('_', '-'),
    detector,
    threshold,
    window_seconds: window,
    scope: 'substrate',
    answer: detector === 'budget_refusals' ? 'quarantine' : 'flag',
    mode: 'on',
    cool_down_seconds: coolDown,
    version: 1,
  };
});

/** The detectors that may isolate on their own: on recorded traffic they found every runaway and nobody else. */
export const FIT_TO_QUARANTINE: readonly DetectorName[] = [
  'budget_refusals',
  'call_rate',
  'error_rate',
  'loop',
  'silence',
];

/** The default policies, where those that are fit for it isolate. */
export const QUARANTINING_POLICIES: readonly Policy[] = DEFAULT_POLICIES.map((policy) =>
  FIT_TO_QUARANTINE.includes(policy.detector) ? { ...policy, answer: 'quarantine' } : policy,
);
