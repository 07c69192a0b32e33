import type { Accepted, Command, Decision, DecisionContext, Denied } from '../../event-log/command.js';
import { inserted, updated } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import { decimalOfNano, numberOfNano } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';
import { plusSeconds } from '../../platform/time.js';
import { AGENTS, type Agent } from '../agents/index.js';
import { stateNeeds, stateProblem } from '../arbiter/index.js';
import { onBudgetRefusal, refusalNeeds, standingProblem } from '../immune/index.js';
import { budgetExceeded, budgetId, BUDGETS, covers, hold, HOLDS, remaining, type Hold } from '../metabolism/index.js';
import { notCapable } from './actions.errors.js';

/** What an agent asks for before it acts; the amount in nano-units. */
export interface ActionRequest {
  readonly actionId: string;
  readonly agentId: string;
  readonly actionType: string;
  readonly unit: string;
  readonly amount: bigint;
  readonly payload?: JsonObject;
  /** Whether `payload` is about a person. */
  readonly personal?: boolean;
  /** Seconds until the hold is booked as spent if nobody completes the action. */
  readonly ttlSeconds: number;
}

/**
 * Asks whether an agent may act, and holds the budget for it. The order of the checks is the contract's: terminated,
 * quarantined, state, capability, budget.
 */
export function authorizeCommand(request: ActionRequest): Command {
  const { agentId, actionId, actionType, unit, amount, payload } = request;
  return {
    type: 'actions.authorize',
    permission: 'actions.perform',
    subject: { type: 'action', id: actionId },
    payload: {
      action_type: actionType,
      cost: { amount: decimalOfNano(amount), unit },
      ...(payload ? { payload } : {}),
    },
    bulky: ['payload'],
    personal: request.personal === true ? ['payload'] : [],
    needs: [need(AGENTS, agentId), need(BUDGETS, budgetId(agentId, unit)), ...stateNeeds(), ...refusalNeeds(agentId)],
    decide: (state, context) => decide(request, state, context),
  };
}

function decide(request: ActionRequest, state: State, context: DecisionContext): Decision {
  const { agentId, actionType, unit, amount } = request;
  const agent = state.get(AGENTS, agentId);
  if (!agent) throw new Error(`the agent ${agentId} was admitted and is not there`);
  const problem = standingProblem(agent) ?? stateProblem(state, agent.type) ?? capabilityProblem(agent, actionType);
  if (problem) return { outcome: 'denied', problem };
  const budget = state.get(BUDGETS, budgetId(agentId, unit));
  if (!covers(budget, amount, context.now)) return refuse(request, agent, state, context);
  const after = hold(budget, amount);
  const row = openHold(request, context);
  return {
    outcome: 'succeeded',
    status: 201,
    effects: [inserted(HOLDS, row), updated(BUDGETS, after)],
    answer: {
      action_id: row.action_id,
      status: row.status,
      reserved: { amount: numberOfNano(amount), unit },
      remaining_budget: numberOfNano(remaining(after, context.now)),
      expires_at: row.expires_at,
    },
  } satisfies Accepted;
}

function refuse(request: ActionRequest, agent: Agent, state: State, context: DecisionContext): Denied {
  const { agentId, unit, amount } = request;
  const budget = state.get(BUDGETS, budgetId(agentId, unit));
  const problem = budgetExceeded(budget, unit, amount, context.now);
  return { outcome: 'denied', problem, ...onBudgetRefusal(state, agent, context) };
}

function capabilityProblem(agent: Agent, actionType: string) {
  return agent.capabilities === null || agent.capabilities.includes(actionType) ? null : notCapable(actionType);
}

function openHold(request: ActionRequest, { now, eventId }: DecisionContext): Hold {
  return {
    action_id: request.actionId,
    agent_id: request.agentId,
    action_type: request.actionType,
    unit: request.unit,
    amount_nano: request.amount,
    status: 'authorized',
    authorized_at: now,
    expires_at: plusSeconds(now, request.ttlSeconds),
    event_id: eventId,
    cost_nano: null,
    settled_at: null,
    settled_event_id: null,
    window_start: null,
  };
}
