import type { Command } from '../../../event-log/command.js';
import { inserted, updated } from '../../../event-log/effect.js';
import { need } from '../../../event-log/working-set.js';
import type { ApprovalPolicy } from '../entities/approval-policy.entity.js';
import { patternFixed, policyExists, versionChanged } from './escalations.errors.js';
import { APPROVAL_POLICIES } from './tables.js';

/** A policy as somebody wants it. */
export type WantedApprovalPolicy = Omit<ApprovalPolicy, 'version'>;

/**
 * Makes an approval policy, or changes it. For each pattern there is one. What was asked before under another is neither
 * approved nor used any more.
 * @param expected the version that is to be changed, 0 for a new one; null: whatever it is
 */
export function setApprovalPolicyCommand(wanted: WantedApprovalPolicy, expected: number | null): Command {
  const { id, action_type: actionType } = wanted;
  return {
    type: 'arbiter.set_approval_policy',
    permission: 'policies.manage',
    subject: { type: 'approval_policy', id },
    payload: { ...wanted },
    needs: [need(APPROVAL_POLICIES, id), need(APPROVAL_POLICIES, actionType, 'action_type')],
    decide: (state) => {
      const before = state.get(APPROVAL_POLICIES, id);
      const version = before?.version ?? 0;
      if (expected !== null && expected !== version)
        return { outcome: 'denied', problem: versionChanged(version, expected) };
      if (before && before.action_type !== actionType)
        return { outcome: 'denied', problem: patternFixed(before.action_type) };
      const twin = state.find(APPROVAL_POLICIES, 'action_type', actionType).find((row) => row.id !== id);
      if (twin) return { outcome: 'denied', problem: policyExists(twin.id, actionType) };
      const after: ApprovalPolicy = { ...wanted, version: version + 1 };
      return {
        outcome: 'succeeded',
        effects: [before ? updated(APPROVAL_POLICIES, after) : inserted(APPROVAL_POLICIES, after)],
        answer: { ...after },
      };
    },
  };
}
