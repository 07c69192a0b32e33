import type { Timestamp } from '../../../platform/time.js';
import type { Answer, DetectorName, Mode, Policy } from './policy.js';

/** Events that a finding names as evidence, at most: the last ones. */
export const EVIDENCE_MAX = 50;

/** What a detector found about an agent, and what the policy says is to follow. A function of the log alone. */
export interface Finding {
  /** `<policy id>/<version>/<agent id>/<event id>`: the same finding is the same wherever the log is folded. */
  readonly id: string;
  readonly agent_id: string;
  readonly policy_id: string;
  readonly policy_version: number;
  readonly detector: DetectorName;
  readonly answer: Answer;
  readonly mode: Exclude<Mode, 'off'>;
  /** What was measured, such as `usd per minute`. */
  readonly metric: string;
  /** What was usual or allowed; null where there is no such number. */
  readonly expected: number | null;
  readonly observed: number;
  /** The window that it was measured in, RFC 3339 with six digits. */
  readonly from: string;
  readonly to: string;
  /** Ids of the events that it rests on, ascending; the last one set it off. */
  readonly evidence: readonly number[];
  /** In a sentence, for people. */
  readonly reason: string;
}

/** What a detector saw; with agent and policy it makes a finding. */
export interface Sighting {
  readonly metric: string;
  readonly expected: number | null;
  readonly observed: number;
  readonly from: Timestamp;
  readonly to: Timestamp;
  /** Ids of events, ascending; the last one set it off. */
  readonly evidence: readonly number[];
  readonly reason: string;
}

/** The finding of a policy that is not off. @param eventId of the fact that set it off */
export function findingOf(policy: Policy, agentId: string, eventId: number, sighting: Sighting): Finding {
  const { metric, expected, observed, from, to, evidence, reason } = sighting;
  return {
    id: `${policy.id}/${policy.version}/${agentId}/${eventId}`,
    agent_id: agentId,
    policy_id: policy.id,
    policy_version: policy.version,
    detector: policy.detector,
    answer: policy.answer,
    mode: policy.mode === 'on' ? 'on' : 'shadow',
    metric,
    expected,
    observed,
    from,
    to,
    evidence: evidence.slice(-EVIDENCE_MAX),
    reason,
  };
}
