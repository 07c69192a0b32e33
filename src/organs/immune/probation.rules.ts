import { nanoOfDecimal } from '../../platform/decimal.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { Timestamp } from '../../platform/time.js';
import type { Agent } from '../agents/index.js';
import { agentScope, percent, shareOf, type Amount, type Books } from '../metabolism/index.js';
import { isOnProbation as lasts } from './detection/probation.js';

/** On what terms an agent is released. */
export interface ProbationTerms {
  /** Of each limit, above 0 and up to 1, to a thousandth. */
  readonly share: number;
  readonly seconds: number;
}

/** A quarter of the limits, for a day: what an arbiter gets who just says `true`. */
export const PROBATION_DEFAULT: ProbationTerms = { share: 0.25, seconds: 86_400 };
/** Longest probation, in seconds: 30 days; what takes longer is a lower limit. */
export const PROBATION_SECONDS_MAX = 2_592_000;
/** Smallest share: a thousandth, the grain that shares are reckoned in. */
export const PROBATION_SHARE_MIN = 0.001;

/** Whether an agent is on probation. */
export function isOnProbation({ probation }: Readonly<Agent>, now: Timestamp): boolean {
  return lasts(probation?.until ?? null, now);
}

/**
 * 403 for an agent on probation that asks for more than its share; null for any other. Of a limit of its own the share is
 * that of each window; of those of the groups above it, what the agent itself has used since its release.
 */
export function probationProblem(
  agent: Readonly<Agent>,
  amounts: readonly Amount[],
  books: Books,
  now: Timestamp,
): Problem | null {
  const { probation } = agent;
  if (probation === null || now >= probation.until) return null;
  const own = agentScope(agent.agent_id);
  for (const { unit, nano } of amounts) {
    const { booked, held } = books.sumsOf(own, unit);
    const since = booked + held - nanoOfDecimal(probation.marks[unit] ?? '0');
    for (const { limit, standing } of books.limitsIn(unit)) {
      const inWindow = standing.spent + standing.held + standing.debt;
      const used = limit.scope_id === own && inWindow < since ? inWindow : since;
      if (used + nano > shareOf(standing.total, probation.share)) return exceeded(probation, unit);
    }
  }
  return null;
}

function exceeded({ share, until }: NonNullable<Agent['probation']>, unit: string): Problem {
  return {
    status: 403,
    code: 'IMMUNE.PROBATION',
    detail: `the agent is on probation until ${until} and may use ${percent(share)} % of its limits in ${unit}; this would be more`,
  };
}
