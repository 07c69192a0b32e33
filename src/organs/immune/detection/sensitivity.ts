import type { DetectorName, Policy } from './policy.js';

const THOUSANDTHS = 1_000;

/**
 * How a threshold follows the sensitivity of the state. A count is rounded up and at least 1; a ratio to what is usual is at
 * least 1, since less would find the usual; a score has no least value. Fixed ones stay: refusals for lack of budget, which the
 * deciding transaction judges as well, debt, an amount that is 0 as a rule, and the days that unusual hours are learnt from.
 */
const SCALING: Readonly<Record<DetectorName, 'count' | 'ratio' | 'score' | 'fixed'>> = {
  budget_refusals: 'fixed',
  call_rate: 'ratio',
  spend_spike: 'score',
  spend_drop: 'score',
  spend_above_peers: 'ratio',
  error_rate: 'score',
  denials: 'count',
  loop: 'count',
  probing: 'count',
  silence: 'count',
  stuck_holds: 'count',
  unusual_hours: 'fixed',
  debt: 'fixed',
  cost_above_hold: 'ratio',
  largest_call: 'ratio',
  // What a sensor's numbers come to is what `immune:score` says of the same series.
  observation_spike: 'fixed',
  reported_critical: 'fixed',
};

/** A policy as it goes while the state has this sensitivity. No threshold becomes higher. */
export function sharpened(policy: Policy, sensitivity: number): Policy {
  if (sensitivity >= 1) return policy;
  const threshold = scaled(policy, sensitivity);
  return threshold < policy.threshold ? { ...policy, threshold } : policy;
}

function scaled({ detector, threshold }: Policy, sensitivity: number): number {
  // By way of thousandths, the grain of a sensitivity, so that the tail of a binary fraction makes no count larger.
  const product = (threshold * Math.round(sensitivity * THOUSANDTHS)) / THOUSANDTHS;
  switch (SCALING[detector]) {
    case 'count':
      return Math.max(1, Math.ceil(product));
    case 'ratio':
      return Math.max(1, product);
    case 'score':
      return product;
    case 'fixed':
      return threshold;
  }
}
