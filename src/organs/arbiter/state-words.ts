import { AGENT_TYPES } from '../agents/index.js';
import { whoMayAct } from './arbiter.rules.js';
import type { StateApprovals, StatePolicy } from './entities/state-policy.entity.js';
import { percent } from '../metabolism/index.js';

/** What a state changes, a sentence each; none where all is as it is without one. */
export function inWords(policy: Readonly<StatePolicy>): string[] {
  const { may_act: mayAct, limits_share: share, approvals, sensitivity } = policy;
  return [
    AGENT_TYPES.every((type) => mayAct.includes(type)) ? null : whoMayAct(mayAct),
    share < 1 ? `${percent(share)} % of each limit may be used` : null,
    approvalsInWords(approvals),
    sensitivity === 1 ? null : `the thresholds of detectors are multiplied by ${sensitivity}`,
  ].filter((words) => words !== null);
}

function approvalsInWords(approvals: StateApprovals): string | null {
  switch (approvals.kind) {
    case 'none':
      return null;
    case 'all':
      return 'every action needs an approval';
    case 'types':
      return `actions of these types need an approval: ${approvals.action_types.join(', ')}`;
  }
}
