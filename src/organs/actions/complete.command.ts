import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { need, type State } from '../../event-log/working-set.js';
import { numberOfNano } from '../../platform/decimal.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { JsonObject } from '../../platform/json.js';
import { AGENTS } from '../agents/index.js';
import { standingProblem } from '../immune/index.js';
import {
  amountsOfText,
  Books,
  costNeeds,
  holdNeeds,
  HOLDS,
  numbersOfAmounts,
  payloadOfCost,
  reckoned,
  settleExpired,
  settleOpen,
  voidHold,
  type Amount,
  type Ending,
  type Hold,
  type RealCost,
  type Reckoned,
} from '../metabolism/index.js';
import { ACTION_NOT_FOUND, ACTION_VOID, ALREADY_COMPLETED, NOT_BEGUN, unitMismatch } from './actions.errors.js';

/** What an agent says of an action that it has done. */
export interface Completion {
  readonly actionId: string;
  readonly agentId: string;
  readonly status: 'success' | 'failed';
  readonly cost?: RealCost;
  readonly result?: JsonObject;
  /** Whether `result` is about a person. */
  readonly personal?: boolean;
}

/** Settles an action: the real cost is booked whole, what was held and not used goes back. */
export function completeCommand(completion: Completion): Command {
  const { actionId, agentId, status, cost, result } = completion;
  return {
    type: 'actions.complete',
    permission: 'actions.perform',
    subject: { type: 'action', id: actionId },
    payload: { status, ...(cost ? payloadOfCost(cost) : {}), ...(result ? { result } : {}) },
    bulky: ['result'],
    personal: completion.personal === true ? ['result'] : [],
    needs: [need(AGENTS, agentId), ...holdNeeds(actionId), ...(cost ? costNeeds(cost) : [])],
    decide: (state, context) => decide(completion, state, context),
  };
}

function decide(completion: Completion, state: State, context: DecisionContext): Decision {
  const { actionId, agentId, cost } = completion;
  const agent = state.get(AGENTS, agentId);
  // A quarantined agent may still say what its actions cost; a terminated one says nothing any more.
  const problem = agent?.status === 'terminated' ? standingProblem(agent) : null;
  if (problem) return { outcome: 'denied', problem };
  const hold = state.get(HOLDS, actionId);
  if (!hold || hold.agent_id !== agentId) return { outcome: 'denied', problem: ACTION_NOT_FOUND };
  const causedBy = hold.event_id;
  const over = endedProblem(hold);
  if (over) return { outcome: 'denied', problem: over, causedBy };
  const held = amountsOfText(hold.amounts);
  const real = cost ? reckoned(inUnits(cost, held), 'as used', state, context.now) : NOTHING_SAID;
  if ('problem' in real) return { outcome: 'denied', problem: real.problem, causedBy };
  const stranger = real.amounts.find(({ unit }) => !held.some((amount) => amount.unit === unit));
  if (stranger) {
    const units = held.map(({ unit }) => unit).join(', ');
    return { outcome: 'denied', problem: unitMismatch(units, stranger.unit), causedBy };
  }
  const isUnbegun = hold.status === 'authorized' && hold.begun_at === null;
  if (isUnbegun && (completion.status === 'success' || real.amounts.some(({ nano }) => nano > 0n))) {
    return { outcome: 'denied', problem: NOT_BEGUN, causedBy };
  }
  const books = new Books(state, hold.scopes, context);
  const settle = hold.status === 'authorized' ? settleOpen : settleExpired;
  const settled = isUnbegun
    ? voidHold(hold, books, context)
    : settle(hold, books, endingOf(completion, held, real), context);
  return {
    outcome: 'succeeded',
    causedBy,
    effects: settled.effects,
    followUps: settled.followUps,
    answer: answerOf(settled.hold, held, books),
  };
}

function endedProblem({ status }: Readonly<Hold>): Problem | null {
  switch (status) {
    case 'authorized':
    case 'expired':
      return null;
    case 'succeeded':
    case 'failed':
      return ALREADY_COMPLETED;
    case 'void':
      return ACTION_VOID;
  }
}

/** An amount without a unit is in the one that the action holds first. */
function inUnits(cost: RealCost, [first]: readonly Amount[]) {
  return { ...cost, amounts: cost.amounts.map(({ unit, nano }) => ({ unit: unit ?? first?.unit ?? '', nano })) };
}

const NOTHING_SAID: Reckoned = { amounts: [], pricing: null };

/** In a unit that the agent does not name: what was held on success, nothing on failure. */
function endingOf({ status }: Completion, held: readonly Amount[], { amounts, pricing }: Reckoned): Ending {
  const isSuccess = status === 'success';
  const costs = held.map(({ unit, nano }) => {
    const said = amounts.find((amount) => amount.unit === unit)?.nano;
    return { unit, nano: said ?? (isSuccess ? nano : 0n) };
  });
  return { status: isSuccess ? 'succeeded' : 'failed', costs, pricing, booksZero: isSuccess };
}

function answerOf(hold: Hold, held: readonly Amount[], books: Books): JsonObject {
  const holds = numbersOfAmounts(held);
  const costs = numbersOfAmounts(amountsOfText(hold.costs ?? []));
  const unit = held[0]?.unit ?? '';
  return {
    action_id: hold.action_id,
    status: hold.status,
    reserved: holds[0] ?? null,
    holds,
    cost: costs[0] ?? null,
    costs,
    remaining_budget: numberOfNano(books.remaining(unit)),
    debt: numberOfNano(books.debt(unit)),
  };
}
