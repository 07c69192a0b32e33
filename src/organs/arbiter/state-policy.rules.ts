import type { Problem } from '../../platform/errors/problem.js';
import { percent, shareOf, type Amount, type Books } from '../metabolism/index.js';
import type { StatePolicy } from './entities/state-policy.entity.js';

/** Stands at the end of a type for all that begin like it. */
const WILDCARD = '*';

/** Whether an action of this type needs an approval while this policy is in force. */
export function approvalNeeded({ approvals }: Pick<StatePolicy, 'approvals'>, actionType: string): boolean {
  switch (approvals.kind) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'types':
      return approvals.action_types.some((type) =>
        type.endsWith(WILDCARD) ? actionType.startsWith(type.slice(0, -WILDCARD.length)) : actionType === type,
      );
  }
}

/** 403 where these amounts would bring a limit of the path above the share of it that the state lets be used. */
export function stateLimitsProblem(
  { state, limits_share: limitsShare }: Pick<StatePolicy, 'state' | 'limits_share'>,
  amounts: readonly Amount[],
  books: Books,
): Problem | null {
  if (limitsShare >= 1) return null;
  for (const { unit, nano } of amounts) {
    for (const { limit, standing } of books.limitsIn(unit)) {
      const used = standing.spent + standing.held + standing.debt;
      if (used + nano <= shareOf(standing.total, limitsShare)) continue;
      return {
        status: 403,
        code: 'ARBITER.STATE_LIMITS',
        detail: `the substrate is in ${state}, where ${percent(limitsShare)} % of each limit may be used; this would be more of that of ${limit.scope_id} in ${unit}`,
      };
    }
  }
  return null;
}
