import type { Command } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { need } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import { AGENT_TYPES } from '../agents/index.js';
import { policyOf } from './arbiter.rules.js';
import type { StatePolicy } from './entities/state-policy.entity.js';
import { STATE_POLICIES } from './state-policies.js';

/** What a state is to do; what it says in full takes the place of what it was. */
export type WantedStatePolicy = Omit<StatePolicy, 'version'>;

/**
 * Changes what a state does. In force from its event on, also for the present state.
 * @param expected the version that is to be changed; null: whatever it is
 */
export function setStatePolicyCommand(wanted: WantedStatePolicy, expected: number | null): Command {
  const { state: name, approvals } = wanted;
  return {
    type: 'arbiter.set_state_policy',
    permission: 'policies.manage',
    subject: { type: 'state', id: name },
    payload: { ...wanted, approvals: { ...approvals } },
    needs: [need(STATE_POLICIES, name)],
    decide: (state) => {
      const { version } = policyOf(state, name);
      if (expected !== null && expected !== version) return { outcome: 'denied', problem: changed(version, expected) };
      const mayAct = AGENT_TYPES.filter((type) => wanted.may_act.includes(type));
      const after: StatePolicy = { ...wanted, may_act: mayAct, version: version + 1 };
      return {
        outcome: 'succeeded',
        effects: [updated(STATE_POLICIES, after)],
        answer: { ...after, approvals: { ...approvals } },
      };
    },
  };
}

function changed(version: number, expected: number): Problem {
  return {
    status: 409,
    code: 'ARBITER.POLICY_CHANGED',
    detail: `the policy is at version ${version}, not ${expected}; read it again`,
  };
}
