import type { Command } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import type { Policy } from './detection/policy.js';
import { policyChanged, policyExists } from './immune.errors.js';
import { POLICIES } from './tables.js';

/** A policy as somebody wants it; what it says in full takes the place of what it was. */
export type WantedPolicy = Omit<Policy, 'version'>;

/**
 * Makes a policy, or changes it. For each detector and scope there is one.
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
      const same = state.find(POLICIES, 'detector', detector);
      const twin = same.find((row) => row.scope === wanted.scope && row.id !== id);
      if (twin) return { outcome: 'denied', problem: policyExists(twin.id, detector, wanted.scope) };
      const after: Policy = { ...wanted, version: version + 1 };
      return {
        outcome: 'succeeded',
        effects: [before ? updated(POLICIES, after) : inserted(POLICIES, after)],
        answer: { ...after },
      };
    },
  };
}
