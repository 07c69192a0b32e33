/** What there is to detect. */
export const DETECTORS = [
  'budget_refusals',
  'call_rate',
  'spend_spike',
  'spend_drop',
  'spend_above_peers',
  'error_rate',
  'denials',
  'loop',
  'probing',
  'silence',
  'stuck_holds',
  'unusual_hours',
  'debt',
  'cost_above_hold',
  'largest_call',
  'observation_spike',
  'reported_critical',
] as const;
export type DetectorName = (typeof DETECTORS)[number];

/** What follows from a finding, in rising order. `alert` does nothing to the agent: it is above `flag` for whoever watches the whole. */
export const ANSWERS = ['flag', 'alert', 'throttle', 'require_approval', 'quarantine', 'terminate'] as const;
export type Answer = (typeof ANSWERS)[number];

/** Whether a policy finds nothing, finds without effect, or acts. */
export const MODES = ['off', 'shadow', 'on'] as const;
export type Mode = (typeof MODES)[number];

/** A rule of the immune system, as data: what to detect, for whom, from how much of it, and what then follows. */
export interface Policy {
  readonly id: string;
  readonly detector: DetectorName;
  /** How much of it sets it off; what it counts depends on the detector. */
  readonly threshold: number;
  /** Seconds that it looks back; detectors without a window ignore it. */
  readonly window_seconds: number;
  /** The scope of the metabolism whose agents it is for: `substrate`, a group, `agent:<id>`. The nearest scope's policy goes. */
  readonly scope: string;
  readonly answer: Answer;
  readonly mode: Mode;
  /** Seconds after a finding in which the same policy finds nothing more about the same agent. */
  readonly cool_down_seconds: number;
  readonly version: number;
}
