import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { need, type State } from '../../event-log/working-set.js';
import { decimalOfNano, numberOfNano } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';
import { AGENTS } from '../agents/index.js';
import { standingProblem } from '../immune/index.js';
import { BUDGETS, HOLDS, remaining, type Budget, type Hold } from '../metabolism/index.js';
import { ACTION_NOT_FOUND, ALREADY_COMPLETED, unitMismatch } from './actions.errors.js';
import { settleExpired, settleOpen, type Ending } from './settlement.rules.js';

/** What an agent says of an action that it has done; the cost in nano-units. */
export interface Completion {
  readonly actionId: string;
  readonly agentId: string;
  readonly status: 'success' | 'failed';
  readonly cost?: { readonly amount: bigint; readonly unit?: string };
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
    payload: {
      status,
      ...(cost ? { cost: { amount: decimalOfNano(cost.amount), unit: cost.unit } } : {}),
      ...(result ? { result } : {}),
    },
    bulky: ['result'],
    personal: completion.personal === true ? ['result'] : [],
    needs: [need(AGENTS, agentId), need(HOLDS, actionId), need(BUDGETS, agentId, 'agent_id')],
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
  if (hold.status === 'succeeded' || hold.status === 'failed') {
    return { outcome: 'denied', problem: ALREADY_COMPLETED, causedBy: hold.event_id };
  }
  if (cost?.unit !== undefined && cost.unit !== hold.unit) {
    return { outcome: 'denied', problem: unitMismatch(hold.unit, cost.unit), causedBy: hold.event_id };
  }
  const budget = budgetOf(state, hold);
  const settled = (hold.status === 'authorized' ? settleOpen : settleExpired)(
    hold,
    budget,
    endingOf(completion, hold),
    context,
  );
  return {
    outcome: 'succeeded',
    causedBy: hold.event_id,
    effects: settled.effects,
    answer: {
      action_id: actionId,
      status: settled.hold.status,
      reserved: { amount: numberOfNano(hold.amount_nano), unit: hold.unit },
      cost: { amount: numberOfNano(settled.hold.cost_nano ?? 0n), unit: hold.unit },
      remaining_budget: numberOfNano(remaining(settled.budget, context.now)),
      debt: numberOfNano(settled.budget.debt_nano),
    },
  };
}

/** Without a cost: what was held on success, nothing on failure. */
function endingOf({ status, cost }: Completion, hold: Readonly<Hold>): Ending {
  const isSuccess = status === 'success';
  return {
    status: isSuccess ? 'succeeded' : 'failed',
    cost: cost?.amount ?? (isSuccess ? hold.amount_nano : 0n),
    booksZero: isSuccess,
  };
}

/** The budget that a hold was taken from. @throws Error when it is not there: budgets are never removed */
export function budgetOf(state: State, hold: Readonly<Hold>): Readonly<Budget> {
  const budget = state.find(BUDGETS, 'agent_id', hold.agent_id).find((b) => b.unit === hold.unit);
  if (!budget) throw new Error(`the hold ${hold.action_id} has no budget`);
  return budget;
}
