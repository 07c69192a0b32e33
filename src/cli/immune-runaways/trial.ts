import { QUARANTINING_POLICIES } from '../../organs/immune/detection/default-policies.js';
import { DetectorEngine } from '../../organs/immune/detection/engine.js';
import type { Finding } from '../../organs/immune/detection/finding.js';
import type { Policy } from '../../organs/immune/detection/policy.js';
import { chosen, momentsOf } from './moments.js';
import { withRunaway, type Runaway } from './runaways.js';
import { logOf, type Draft } from './trace-facts.js';

/** A runaway is to be found within so many seconds. */
export const TARGET_SECONDS = 120;

/** An agent that would be isolated, and why. */
export interface Isolated {
  readonly agentId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly finding: Finding;
}

/** One runaway in a trace. */
export interface Trial {
  readonly runaway: Runaway;
  readonly seed: number;
  readonly agentId: string;
  /** When it began. */
  readonly from: string;
  /** Seconds from then until it was isolated; null: it was not. */
  readonly seconds: number | null;
  /** The policy that found it. */
  readonly policyId: string | null;
  /** Isolations of others, and of the agent before it ran away. */
  readonly isFalse: readonly Isolated[];
}

/** The first isolation of each agent that policies make of a trace. */
export function isolatedIn(drafts: readonly Draft[], policies: readonly Policy[] = QUARANTINING_POLICIES): Isolated[] {
  const engine = new DetectorEngine();
  const isolated = new Map<string, Isolated>();
  for (const fact of logOf(drafts, policies)) {
    for (const finding of engine.next(fact)) {
      const { agent_id: agentId } = finding;
      if (finding.answer !== 'quarantine' || isolated.has(agentId)) continue;
      isolated.set(agentId, { agentId, at: fact.at, finding });
    }
  }
  return [...isolated.values()];
}

/** Lets an agent run away; null where the trace has no moment for it. @param callsSoon as `momentsOf` has it */
export function tryRunaway(drafts: readonly Draft[], runaway: Runaway, seed: number, callsSoon: number): Trial | null {
  const moment = chosen(momentsOf(drafts, callsSoon), seed);
  if (!moment) return null;
  const { agentId, at: from } = moment;
  const isolated = isolatedIn(withRunaway(drafts, runaway, moment));
  const found = isolated.find((each) => each.agentId === agentId && each.at >= from);
  return {
    runaway,
    seed,
    agentId,
    from: new Date(from).toISOString(),
    seconds: found ? (found.at - from) / 1000 : null,
    policyId: found?.finding.policy_id ?? null,
    isFalse: isolated.filter((each) => each !== found),
  };
}
