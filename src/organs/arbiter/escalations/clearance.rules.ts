import type { DecisionContext } from '../../../event-log/command.js';
import type { Effect } from '../../../event-log/effect.js';
import { need, type Need, type State } from '../../../event-log/working-set.js';
import type { Problem } from '../../../platform/errors/problem.js';
import { AGENTS, capabilityProblem, type Agent } from '../../agents/index.js';
import { probationProblem, standingProblem, throttled } from '../../immune/index.js';
import {
  agentScope,
  Books,
  budgetExceeded,
  chainNeeds,
  chainOf,
  costNeeds,
  reckoned,
  type Cost,
  type Reckoned,
} from '../../metabolism/index.js';
import { presentPolicy, stateNeeds, stateProblem } from '../arbiter.rules.js';
import { stateLimitsProblem } from '../state-policy.rules.js';
import { approvalProblem, requirementsOn } from './approval.rules.js';

/** What an agent wants to do. */
export interface Wish {
  readonly agentId: string;
  readonly actionType: string;
  /** What it may cost, at most. */
  readonly cost: Cost;
}

/** Nothing stands in the way. */
export interface Clear {
  readonly asked: Reckoned;
  readonly books: Books;
  /** They count the action. */
  readonly effects: readonly Effect[];
}

/** Something does. */
export interface Obstructed {
  readonly problem: Problem;
  /** Set where it is lack of budget. */
  readonly lacksIn?: Books;
}

/** The rows that tell what stands in the way. */
export function clearanceNeeds({ agentId, cost }: Pick<Wish, 'agentId' | 'cost'>): Need[] {
  return [need(AGENTS, agentId), ...chainNeeds(agentScope(agentId)), ...costNeeds(cost), ...stateNeeds()];
}

/**
 * What stands in the way of an action that an agent takes on its own. The order of the checks is the contract's: terminated,
 * quarantined, state, capability, approval, throttle, budget, probation, share of limits.
 */
export function cleared(
  agent: Readonly<Agent>,
  { actionType, cost }: Wish,
  state: State,
  context: DecisionContext,
): Clear | Obstructed {
  const present = presentPolicy(state);
  const problem =
    standingProblem(agent) ??
    stateProblem(state, agent.type) ??
    capabilityProblem(agent, actionType) ??
    approvalProblem(requirementsOn(agent, actionType, present, context.now));
  if (problem) return { problem };
  const throttle = throttled(agent, context.now);
  if ('problem' in throttle) return throttle;
  const asked = reckoned(cost, 'worst case', state, context.now);
  if ('problem' in asked) return asked;
  const books = new Books(state, chainOf(state, agentScope(agent.agent_id)), context);
  const refusal = books.refusal(asked.amounts);
  if (refusal) return { problem: budgetExceeded(refusal), lacksIn: books };
  const share =
    probationProblem(agent, asked.amounts, books, context.now) ?? stateLimitsProblem(present, asked.amounts, books);
  return share ? { problem: share } : { asked, books, effects: throttle.effects };
}
