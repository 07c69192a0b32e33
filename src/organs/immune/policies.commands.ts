import type { Command } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import type { Policy } from './detection/policy.js';
import { policyChanged, policyExists, policyFixed } from './immune.errors.js';
import { POLICIES } from './tables.js';

/** A policy as somebody wants it. What is left out stays as it is, and is `NEW_POLICY` of a new one. */
export type WantedPolicy = Pick<Policy, 'id' | 'detector' | 'threshold' | 'window_seconds' | 'answer'> &
  Partial<Unsaid>;

type Unsaid = Pick<Policy, 'scope' | 'mode' | 'cool_down_seconds'>;

/** What a new policy says where nobody says it: for all, at once, and not the same again within five minutes. */
export const NEW_POLICY: Unsaid = { scope: 'substrate', mode: 'on', cool_down_seconds: 300 };

/**
 * Makes a policy, or changes it. For each detector and scope there is one, and it keeps both: otherwise whoever was watched by
 * it would no longer be, and nobody would have said so.
 * @param expected the version that is to be changed, 0 for a new one; null: whatever it is
 */
export function setPolicyCommand(wanted: WantedPolicy, expected: number | null): Command {
  const { id, detector } = wanted;
  return {
    type: 'immune.set_policy',
    permission: 'policies.manage',
    subject: { type: 'policy', id },
    payload: { ...wanted },
    needs: [need(POLICIES, id), need(POLICIES, detector, 'detector')],
    decide: (state) => {
      const before = state.get(POLICIES, id);
      const version = before?.version ?? 0;
      if (expected !== null && expected !== version)
        return { outcome: 'denied', problem: policyChanged(version, expected) };
      const { scope, mode, cool_down_seconds: coolDown } = { ...NEW_POLICY, ...before, ...said(wanted) };
      if (before && (before.detector !== detector || before.scope !== scope))
        return { outcome: 'denied', problem: policyFixed(before.detector, before.scope) };
      const same = state.find(POLICIES, 'detector', detector);
      const twin = same.find((row) => row.scope === scope && row.id !== id);
      if (twin) return { outcome: 'denied', problem: policyExists(twin.id, detector, scope) };
      const after: Policy = { ...wanted, scope, mode, cool_down_seconds: coolDown, version: version + 1 };
      return {
        outcome: 'succeeded',
        effects: [before ? updated(POLICIES, after) : inserted(POLICIES, after)],
        answer: { ...after },
      };
    },
  };
}

/** What of it was said: a member that is left out is not there at all. */
function said({ scope, mode, cool_down_seconds: coolDown }: Partial<Unsaid>): Partial<Unsaid> {
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(mode === undefined ? {} : { mode }),
    ...(coolDown === undefined ? {} : { cool_down_seconds: coolDown }),
  };
}
