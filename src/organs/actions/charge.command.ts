import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { inserted } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import { numberOfNano } from '../../platform/decimal.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { JsonObject } from '../../platform/json.js';
import type { Timestamp } from '../../platform/time.js';
import { AGENTS } from '../agents/index.js';
import { stateNeeds, stateProblem } from '../arbiter/index.js';
import { standingProblem } from '../immune/index.js';
import {
  agentScope,
  Books,
  budgetExceeded,
  chainNeeds,
  chainOf,
  costNeeds,
  holdNeeds,
  HOLDS,
  ledgerEntry,
  LEDGER,
  numbersOfAmounts,
  payloadOfCost,
  reckoned,
  type Cost,
} from '../metabolism/index.js';
import { ACTION_NOT_FOUND } from './actions.errors.js';

/** A cost that has arisen already. */
export interface Charge {
  readonly agentId: string;
  readonly costType: string;
  readonly cost: Cost;
  readonly actionId?: string;
  readonly occurredAt?: Timestamp;
  readonly attributes?: JsonObject;
  /** Whether `attributes` is about a person. */
  readonly personal?: boolean;
}

/** Books a cost after the fact, whole: what a limit cannot bear is debt. What belongs to an action is booked where that holds. */
export function chargeCommand(charge: Charge): Command {
  const { agentId, costType, cost, actionId, occurredAt, attributes } = charge;
  return {
    type: 'metabolism.charge',
    permission: 'actions.perform',
    subject: { type: 'agent', id: agentId },
    payload: {
      cost_type: costType,
      ...payloadOfCost(cost),
      ...(actionId ? { action_id: actionId } : {}),
      ...(occurredAt ? { occurred_at: occurredAt } : {}),
      ...(attributes ? { attributes } : {}),
    },
    bulky: ['attributes'],
    personal: charge.personal === true ? ['attributes'] : [],
    needs: [
      need(AGENTS, agentId),
      ...chainNeeds(agentScope(agentId)),
      ...costNeeds(cost),
      ...stateNeeds(),
      ...(actionId ? holdNeeds(actionId) : []),
    ],
    decide: (state, context) => decide(charge, state, context),
  };
}

function decide(charge: Charge, state: State, context: DecisionContext): Decision {
  const { agentId, actionId, costType, occurredAt } = charge;
  const hold = actionId === undefined ? null : state.get(HOLDS, actionId);
  const action = hold?.agent_id === agentId ? hold : null;
  const problem =
    chargeProblem(state, agentId, action !== null) ?? (actionId !== undefined && !action ? ACTION_NOT_FOUND : null);
  if (problem) return { outcome: 'denied', problem };
  const real = reckoned(charge.cost, 'as used', state, occurredAt ?? context.now);
  if ('problem' in real) return { outcome: 'denied', problem: real.problem };
  const books = new Books(state, action?.scopes ?? chainOf(state, agentScope(agentId)), context);
  const refusal = books.unbudgeted(real.amounts);
  if (refusal) return { outcome: 'denied', problem: budgetExceeded(refusal) };
  const posted = books.post(real.amounts.map(({ unit, nano }) => ({ unit, held: 0n, booked: nano })));
  const booking = {
    agentId,
    actionId: action?.action_id ?? null,
    costType,
    scopes: books.scopes,
    pricing: real.pricing,
  };
  const rows = real.amounts.map((cost) =>
    ledgerEntry({ ...booking, cost, ...(occurredAt ? { occurredAt } : {}) }, context),
  );
  const charged = numbersOfAmounts(real.amounts);
  const unit = charged[0]?.unit ?? '';
  return {
    outcome: 'succeeded',
    status: 201,
    effects: [...posted.effects, ...rows.map((row) => inserted(LEDGER, row))],
    followUps: posted.followUps,
    ...(action ? { causedBy: action.event_id } : {}),
    answer: {
      ledger_id: rows[0]?.id ?? null,
      ledger_ids: rows.map((row) => row.id),
      agent_id: agentId,
      charged: charged[0] ?? null,
      costs: charged,
      remaining_budget: numberOfNano(books.remaining(unit)),
      debt: numberOfNano(books.debt(unit)),
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
