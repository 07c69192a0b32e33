import type { Problem } from '../../../platform/errors/problem.js';
import type { Timestamp } from '../../../platform/time.js';
import type { Agent } from '../../agents/index.js';
import { supervisionOf } from '../../immune/index.js';
import type { StatePolicy } from '../entities/state-policy.entity.js';
import { approvalNeeded } from '../state-policy.rules.js';
import { approvalRequired } from './escalations.errors.js';

/** What lets an agent act only with an approval. */
export interface ApprovalRequirement {
  /** In words, such as `the policy loop`. */
  readonly by: string;
  /** Null: until somebody changes it. */
  readonly until: Timestamp | null;
}

/** What requires an approval for each action of an agent that a policy watches. */
export function supervisionOn(agent: Readonly<Agent>, now: Timestamp): ApprovalRequirement[] {
  const supervision = supervisionOf(agent, now);
  return supervision ? [{ by: `the policy ${supervision.policy_id}`, until: supervision.until }] : [];
}

/** What requires an approval for an action of an agent at present: a policy that watches it, or the state. */
export function requirementsOn(
  agent: Readonly<Agent>,
  actionType: string,
  present: Pick<StatePolicy, 'state' | 'approvals'>,
  now: Timestamp,
): ApprovalRequirement[] {
  return [
    ...supervisionOn(agent, now),
    ...(approvalNeeded(present, actionType) ? [{ by: `the state ${present.state}`, until: null }] : []),
  ];
}

/** 403 for an action without an approval where something requires one; null where nothing does. */
export function approvalProblem(requirements: readonly ApprovalRequirement[]): Problem | null {
  const [first] = requirements;
  return first ? approvalRequired(first.by, first.until) : null;
}
