import type { Accepted, Command, Decision, DecisionContext } from '../../event-log/command.js';
import { inserted } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import { numberOfNano } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';
import { plusSeconds } from '../../platform/time.js';
import { AGENTS } from '../agents/index.js';
import {
  approvalNeeded,
  approvalRequired,
  presentPolicy,
  stateLimitsProblem,
  stateNeeds,
  stateProblem,
} from '../arbiter/index.js';
import { onBudgetRefusal, probationProblem, refusalNeeds, standingProblem, throttled } from '../immune/index.js';
import {
  agentScope,
  Books,
  budgetExceeded,
  chainNeeds,
  chainOf,
  costNeeds,
  HOLDS,
  numbersOfAmounts,
  payloadOfCost,
  reckoned,
  textOfAmounts,
  type Cost,
  type Hold,
  type Reckoned,
} from '../metabolism/index.js';
import { capabilityProblem } from './capability.rules.js';
import { leaseEnd } from './permits/permit.js';

/** What an agent asks for before it acts. */
export interface ActionRequest {
  readonly actionId: string;
  readonly agentId: string;
  readonly actionType: string;
  /** What it may cost, at most. */
  readonly cost: Cost;
  readonly payload?: JsonObject;
  /** Whether `payload` is about a person. */
  readonly personal?: boolean;
  /** Seconds until the hold is booked as spent if nobody completes the action. */
  readonly ttlSeconds: number;
  /** Seconds that each permit lasts. */
  readonly leaseSeconds: number;
  /** Whether it is only held for now, and begun by a command of its own. */
  readonly isDeferred?: boolean;
}

/**
 * Asks whether an agent may act, and holds the budget for it. The order of the checks is the contract's: terminated,
 * quarantined, state, capability, approval, throttle, budget, probation, share of limits.
 */
export function authorizeCommand(request: ActionRequest): Command {
  const { agentId, actionId, actionType, cost, payload, isDeferred = false } = request;
  return {
    type: 'actions.authorize',
    permission: 'actions.perform',
    subject: { type: 'action', id: actionId },
    payload: {
      action_type: actionType,
      ...payloadOfCost(cost),
      ...(isDeferred ? { deferred: true } : {}),
      ...(payload ? { payload } : {}),
    },
    bulky: ['payload'],
    personal: request.personal === true ? ['payload'] : [],
    needs: [
      need(AGENTS, agentId),
      ...chainNeeds(agentScope(agentId)),
      ...costNeeds(cost),
      ...stateNeeds(),
      ...refusalNeeds(agentId),
    ],
    decide: (state, context) => decide(request, state, context),
  };
}

function decide(request: ActionRequest, state: State, context: DecisionContext): Decision {
  const { agentId, actionType, cost } = request;
  const agent = state.get(AGENTS, agentId);
  if (!agent) throw new Error(`the agent ${agentId} was admitted and is not there`);
  const problem = standingProblem(agent) ?? stateProblem(state, agent.type) ?? capabilityProblem(agent, actionType);
  if (problem) return { outcome: 'denied', problem };
  const policy = presentPolicy(state);
  if (approvalNeeded(policy, actionType)) return { outcome: 'denied', problem: approvalRequired(policy, actionType) };
  const throttle = throttled(agent, context.now);
  if ('problem' in throttle) return { outcome: 'denied', problem: throttle.problem };
  const asked = reckoned(cost, 'worst case', state, context.now);
  if ('problem' in asked) return { outcome: 'denied', problem: asked.problem };
  const books = new Books(state, chainOf(state, agentScope(agentId)), context);
  const refusal = books.refusal(asked.amounts);
  if (refusal) {
    const followed = onBudgetRefusal(state, agent, books.scopes, context);
    return { outcome: 'denied', problem: budgetExceeded(refusal), ...followed };
  }
  const share =
    probationProblem(agent, asked.amounts, books, context.now) ?? stateLimitsProblem(policy, asked.amounts, books);
  if (share) return { outcome: 'denied', problem: share };
  const row = openHold(request, asked, books.scopes, context);
  const { effects, followUps } = books.post(asked.amounts.map(({ unit, nano }) => ({ unit, held: nano, booked: 0n })));
  const holds = numbersOfAmounts(asked.amounts);
  const [reserved] = asked.amounts;
  return {
    outcome: 'succeeded',
    status: 201,
    effects: [inserted(HOLDS, row), ...effects, ...throttle.effects],
    followUps,
    answer: {
      action_id: row.action_id,
      status: row.status,
      reserved: holds[0] ?? null,
      holds,
      remaining_budget: numberOfNano(books.remaining(reserved?.unit ?? '')),
      authorized_at: row.authorized_at,
      expires_at: row.expires_at,
      permit: null,
      lease_expires_at: row.begun_at && leaseEnd(row.begun_at, row.lease_seconds, row.expires_at),
    },
  } satisfies Accepted;
}

function openHold(
  request: ActionRequest,
  { amounts, pricing }: Reckoned,
  scopes: readonly string[],
  { now, eventId }: DecisionContext,
): Hold {
  return {
    action_id: request.actionId,
    agent_id: request.agentId,
    action_type: request.actionType,
    amounts: textOfAmounts(amounts),
    scopes: [...scopes],
    pricing,
    status: 'authorized',
    authorized_at: now,
    expires_at: plusSeconds(now, request.ttlSeconds),
    lease_seconds: request.leaseSeconds,
    begun_at: request.isDeferred === true ? null : now,
    event_id: eventId,
    costs: null,
    settled_at: null,
    settled_event_id: null,
  };
}
