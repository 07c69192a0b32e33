import { need, type Need, type State } from '../../../event-log/working-set.js';
import type { ApprovalPolicy } from '../entities/approval-policy.entity.js';
import type { Escalation } from '../entities/escalation.entity.js';
import { APPROVAL_POLICIES } from './tables.js';

/** Stands for any rest of an action type. */
const ANY = '*';

/** What a new substrate has: one approval for anything, an hour to decide, a quarter of an hour to use it. */
export const DEFAULT_POLICY: ApprovalPolicy = {
  id: 'default',
  action_type: ANY,
  approvals_needed: 1,
  decide_within_seconds: 3_600,
  usable_seconds: 900,
  version: 1,
};

/** The patterns that an action type fits, the most specific first: itself, its beginnings from the longest, any. */
export function patternsFor(actionType: string): string[] {
  const beginnings = Array.from({ length: actionType.length }, (_, i) => actionType.slice(0, actionType.length - i));
  return [actionType, ...beginnings.map((beginning) => `${beginning}${ANY}`), ANY];
}

/** The rows that tell which policy goes for an action type. */
export function policyNeeds(actionType: string): Need[] {
  return [need(APPROVAL_POLICIES, patternsFor(actionType), 'action_type')];
}

/** The policy that goes for an action type: the most specific one. @throws Error when there is none: the first event brings `*` */
export function policyFor(state: State, actionType: string): Readonly<ApprovalPolicy> {
  for (const pattern of patternsFor(actionType)) {
    const [policy] = state.find(APPROVAL_POLICIES, 'action_type', pattern);
    if (policy) return policy;
  }
  throw new Error('the substrate has no approval policy');
}

/** Whether another policy goes now than when an escalation was asked. Reads the rows of `policyNeeds`. */
export function isPolicyChanged(state: State, escalation: Readonly<Escalation>): boolean {
  const { id, version } = policyFor(state, escalation.action_type);
  return id !== escalation.policy_id || version !== escalation.policy_version;
}
