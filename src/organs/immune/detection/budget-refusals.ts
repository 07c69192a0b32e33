import type { Timestamp } from '../../../platform/time.js';
import { findingOf, type Finding, type Sighting } from './finding.js';
import type { Policy } from './policy.js';
import { windowBefore } from './spans.js';

/** The code of a refusal for lack of budget. */
export const BUDGET_EXCEEDED = 'METABOLISM.BUDGET_EXCEEDED';

/** A refusal for lack of budget. */
export interface Refusal {
  readonly eventId: number;
  readonly at: Timestamp;
}

/** How many refusals within the window set a policy off: one on probation. */
export function refusalsNeeded({ threshold }: Pick<Policy, 'threshold'>, isOnProbation: boolean): number {
  return isOnProbation ? 1 : threshold;
}

/**
 * The finding of a policy on refusals for lack of budget. The transaction that refuses and whoever folds the log make it of
 * the same parts, and so the same.
 * @param refusals those within the window, oldest first, at least one; the last one sets it off
 */
export function refusalFinding(
  policy: Policy,
  agentId: string,
  refusals: readonly Refusal[],
  isOnProbation: boolean,
): Finding {
  const sighting = refusalSighting(policy, refusals, isOnProbation);
  return findingOf(policy, agentId, sighting.evidence.at(-1) ?? 0, sighting);
}

/** As `refusalFinding`, without agent and policy. */
export function refusalSighting(policy: Policy, refusals: readonly Refusal[], isOnProbation: boolean): Sighting {
  const needed = refusalsNeeded(policy, isOnProbation);
  const last = refusals.at(-1);
  if (!last) throw new RangeError('a finding on refusals needs a refusal');
  return {
    metric: 'refusals for lack of budget',
    expected: needed,
    observed: refusals.length,
    ...windowBefore(last.at, policy.window_seconds),
    evidence: refusals.map(({ eventId }) => eventId).toSorted((a, b) => a - b),
    reason: isOnProbation
      ? 'refused for lack of budget while on probation'
      : `refused for lack of budget ${needed} times within ${policy.window_seconds} s`,
  };
}
