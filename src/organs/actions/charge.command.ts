import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import { decimalOfNano, numberOfNano } from '../../platform/decimal.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { JsonObject } from '../../platform/json.js';
import type { Timestamp } from '../../platform/time.js';
import { AGENTS } from '../agents/index.js';
import { stateNeeds, stateProblem } from '../arbiter/index.js';
import { standingProblem } from '../immune/index.js';
import {
  book,
  budgetExceeded,
  budgetId,
  BUDGETS,
  HOLDS,
  isInForce,
  LEDGER,
  remaining,
  type LedgerEntry,
} from '../metabolism/index.js';
import { ACTION_NOT_FOUND } from './actions.errors.js';

/** A cost that has arisen already; the amount in nano-units. */
export interface Charge {
  readonly agentId: string;
  readonly costType: string;
  readonly amount: bigint;
  readonly unit: string;
  readonly actionId?: string;
  readonly occurredAt?: Timestamp;
  readonly attributes?: JsonObject;
  /** Whether `attributes` is about a person. */
  readonly personal?: boolean;
}

/** Books a cost after the fact, whole: what the budget cannot bear is debt. */
export function chargeCommand(charge: Charge): Command {
  const { agentId, costType, amount, unit, actionId, occurredAt, attributes } = charge;
  return {
    type: 'metabolism.charge',
    permission: 'actions.perform',
    subject: { type: 'agent', id: agentId },
    payload: {
      cost_type: costType,
      cost: { amount: decimalOfNano(amount), unit },
      ...(actionId ? { action_id: actionId } : {}),
      ...(occurredAt ? { occurred_at: occurredAt } : {}),
      ...(attributes ? { attributes } : {}),
    },
    bulky: ['attributes'],
    personal: charge.personal === true ? ['attributes'] : [],
    needs: [
      need(AGENTS, agentId),
      need(BUDGETS, budgetId(agentId, unit)),
      ...stateNeeds(),
      ...(actionId ? [need(HOLDS, actionId)] : []),
    ],
    decide: (state, context) => decide(charge, state, context),
  };
}

function decide(charge: Charge, state: State, context: DecisionContext): Decision {
  const { agentId, amount, unit, actionId } = charge;
  const action = actionId === undefined ? null : state.get(HOLDS, actionId);
  const isOwn = action?.agent_id === agentId;
  const problem = chargeProblem(state, agentId, isOwn) ?? (actionId !== undefined && !isOwn ? ACTION_NOT_FOUND : null);
  if (problem) return { outcome: 'denied', problem };
  const budget = state.get(BUDGETS, budgetId(agentId, unit));
  if (!budget || !isInForce(budget, context.now)) {
    return { outcome: 'denied', problem: budgetExceeded(budget, unit, amount, context.now) };
  }
  const after = book(budget, amount);
  const row = entry(charge, after.window_start, context);
  return {
    outcome: 'succeeded',
    status: 201,
    effects: [updated(BUDGETS, after), inserted(LEDGER, row)],
    ...(action ? { causedBy: action.event_id } : {}),
    answer: {
      ledger_id: row.id,
      agent_id: agentId,
      charged: { amount: numberOfNano(amount), unit },
      remaining_budget: numberOfNano(remaining(after, context.now)),
      debt: numberOfNano(after.debt_nano),
    },
  };
}

/** What an isolated agent spent on actions that it had leave for is still booked; anything else is refused. */
function chargeProblem(state: State, agentId: string, hasLeave: boolean): Problem | null {
  const agent = state.get(AGENTS, agentId);
  if (!agent) throw new Error(`the agent ${agentId} was admitted and is not there`);
  if (hasLeave && agent.status !== 'terminated') return null;
  return standingProblem(agent) ?? stateProblem(state, agent.type);
}

function entry(charge: Charge, window: Timestamp, { now, eventId, newId }: DecisionContext): LedgerEntry {
  return {
    id: newId(),
    event_id: eventId,
    agent_id: charge.agentId,
    action_id: charge.actionId ?? null,
    cost_type: charge.costType,
    amount_nano: charge.amount,
    unit: charge.unit,
    occurred_at: charge.occurredAt ?? now,
    estimated: false,
    window_start: window,
  };
}
