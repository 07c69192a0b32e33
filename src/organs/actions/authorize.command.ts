import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { inserted, type Effect } from '../../event-log/effect.js';
import type { State } from '../../event-log/working-set.js';
import { numberOfNano } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';
import { plusSeconds } from '../../platform/time.js';
import { AGENTS } from '../agents/index.js';
import { clearanceNeeds, cleared, useNeeds } from '../arbiter/index.js';
import { onBudgetRefusal, refusalNeeds } from '../immune/index.js';
import {
  HOLDS,
  numbersOfAmounts,
  payloadOfCost,
  textOfAmounts,
  type Hold,
  type Reckoned,
} from '../metabolism/index.js';
import type { ActionRequest, Granted, Refused } from './action-request.js';
import { approved } from './approved.rules.js';
import { leaseEnd } from './permits/permit.js';

/**
 * Asks whether an agent may act, and holds the budget for it: by its own means and rights, checked in the order of `cleared`,
 * or on an approval of exactly this, which stands above all of them but its standing.
 */
export function authorizeCommand(request: ActionRequest): Command {
  const { agentId, actionId, actionType, cost, isDeferred = false, escalationId } = request;
  const payload: JsonObject = {
    action_type: actionType,
    ...payloadOfCost(cost),
    ...(isDeferred ? { deferred: true } : {}),
    ...(escalationId === undefined ? {} : { escalation_id: escalationId }),
    ...(request.payload ? { payload: request.payload } : {}),
  };
  return {
    type: 'actions.authorize',
    permission: 'actions.perform',
    subject: { type: 'action', id: actionId },
    payload,
    bulky: ['payload'],
    personal: request.personal === true ? ['payload'] : [],
    needs: [
      ...clearanceNeeds(request),
      ...refusalNeeds(agentId),
      ...(escalationId === undefined ? [] : useNeeds({ escalationId, agentId, actionType })),
    ],
    decide: (state, context) => decide(request, payload, state, context),
  };
}

function decide(request: ActionRequest, payload: JsonObject, state: State, context: DecisionContext): Decision {
  const { agentId, escalationId } = request;
  const agent = state.get(AGENTS, agentId);
  if (!agent) throw new Error(`the agent ${agentId} was admitted and is not there`);
  const grant: Granted | Refused =
    escalationId === undefined
      ? cleared(agent, request, state, context)
      : approved(agent, { ...request, escalationId }, state, context);
  if ('problem' in grant) {
    const { problem, lacksIn, causedBy } = grant;
    const followed = lacksIn ? onBudgetRefusal(state, agent, lacksIn.scopes, context) : {};
    return { outcome: 'denied', problem, ...followed, ...(causedBy === undefined ? {} : { causedBy }) };
  }
  return held(request, payload, grant, context);
}

/** Holds what was granted. */
function held(request: ActionRequest, payload: JsonObject, grant: Granted, context: DecisionContext): Decision {
  const { asked, books, approval } = grant;
  const row = openHold(request, asked, grant, context);
  const { effects, followUps } = books.post(asked.amounts.map(({ unit, nano }) => ({ unit, held: nano, booked: 0n })));
  const holds = numbersOfAmounts(asked.amounts);
  const [reserved] = asked.amounts;
  const all: Effect[] = [inserted(HOLDS, row), ...effects, ...grant.effects];
  return {
    outcome: 'succeeded',
    status: 201,
    effects: all,
    followUps,
    ...(approval ? { causedBy: approval.causedBy } : {}),
    ...(row.funded ? { payload: { ...payload, funded: row.funded } } : {}),
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
  };
}

function openHold(
  request: ActionRequest,
  { amounts, pricing }: Reckoned,
  { books, approval }: Granted,
  { now, eventId }: DecisionContext,
): Hold {
  return {
    action_id: request.actionId,
    agent_id: request.agentId,
    action_type: request.actionType,
    amounts: textOfAmounts(amounts),
    scopes: [...books.scopes],
    pricing,
    status: 'authorized',
    authorized_at: now,
    expires_at: plusSeconds(now, request.ttlSeconds),
    lease_seconds: request.leaseSeconds,
    begun_at: request.isDeferred === true ? null : now,
    escalation_id: approval?.escalationId ?? null,
    funded: approval && approval.funded.length > 0 ? [...approval.funded] : null,
    event_id: eventId,
    costs: null,
    settled_at: null,
    settled_event_id: null,
  };
}
