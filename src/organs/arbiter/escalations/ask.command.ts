import { canonicalJson, canonicalSha256 } from '../../../event-log/canonical.js';
import type { Command, Decision, DecisionContext } from '../../../event-log/command.js';
import { inserted } from '../../../event-log/effect.js';
import { need, needVia, type State, type Via } from '../../../event-log/working-set.js';
import type { JsonObject } from '../../../platform/json.js';
import { plusSeconds } from '../../../platform/time.js';
import { AGENTS, type Agent } from '../../agents/index.js';
import { standingProblem } from '../../immune/index.js';
import { payloadOfCost, reckoned, textOfAmounts, type AmountText, type Reckoned } from '../../metabolism/index.js';
import type { Escalation } from '../entities/escalation.entity.js';
import { policyFor, policyNeeds } from './approval-policy.rules.js';
import { clearanceNeeds, cleared, type Wish } from './clearance.rules.js';
import { escalationAnswer } from './escalation-answers.js';
import { alreadyRefused, tooManyPending } from './escalations.errors.js';
import { ESCALATIONS, payloadTextId, TEXTS } from './tables.js';

/** Escalations of one agent that wait at once: more is no asking any more. */
export const PENDING_MAX = 100;

/** What an agent asks people for. */
export interface EscalationRequest extends Wish {
  readonly escalationId: string;
  readonly payload?: JsonObject;
  /** Whether `payload` is about a person. */
  readonly personal?: boolean;
  readonly reason: string;
}

/** From agents to themselves; of their escalations only those that wait. */
const PENDING: Via = { name: 'pending', sql: 'select unnest($1::text[])', only: `t.status = 'pending'` };

/** An agent asks for an action that it may not take by itself. Nothing is held, and nothing may be done, until people approve. */
export function askCommand(request: EscalationRequest): Command {
  const { agentId, escalationId, actionType, cost, payload, reason } = request;
  return {
    type: 'arbiter.escalate',
    permission: 'actions.perform',
    subject: { type: 'escalation', id: escalationId },
    payload: { action_type: actionType, ...payloadOfCost(cost), ...(payload ? { payload } : {}), reason },
    bulky: ['payload'],
    personal: request.personal === true ? ['payload'] : [],
    needs: [
      ...clearanceNeeds(request),
      ...policyNeeds(actionType),
      needVia(ESCALATIONS, 'agent_id', PENDING, [agentId]),
    ],
    decide: (state, context) => decide(request, state, context),
  };
}

function decide(request: EscalationRequest, state: State, context: DecisionContext): Decision {
  const { agentId, cost } = request;
  const agent = state.get(AGENTS, agentId);
  if (!agent) throw new Error(`the agent ${agentId} was admitted and is not there`);
  const standing = standingProblem(agent);
  if (standing) return { outcome: 'denied', problem: standing };
  const asked = reckoned(cost, 'worst case', state, context.now);
  if ('problem' in asked) return { outcome: 'denied', problem: asked.problem };
  const digest = requestDigest(request, textOfAmounts(asked.amounts));
  const refused = refusedBefore(state, request, digest);
  if (refused) return { outcome: 'denied', problem: alreadyRefused(refused), causedBy: refused.event_id };
  const waiting = state.find(ESCALATIONS, 'agent_id', agentId).filter(({ status }) => status === 'pending');
  if (waiting.length >= PENDING_MAX) return { outcome: 'denied', problem: tooManyPending(PENDING_MAX) };
  const row = pending(request, agent, asked, digest, state, context);
  return {
    outcome: 'succeeded',
    status: 201,
    effects: [inserted(ESCALATIONS, row)],
    answer: escalationAnswer(row, context.now),
  };
}

/** The same request that was denied, or that nobody answered, or null. */
function refusedBefore(state: State, { payload }: EscalationRequest, digest: string): Readonly<Escalation> | null {
  state.require([need(ESCALATIONS, digest, 'request_sha256')]);
  const refused = state
    .find(ESCALATIONS, 'request_sha256', digest)
    .filter(({ status }) => status === 'denied' || status === 'expired');
  const texts = refused.filter(({ personal }) => personal).map((each) => payloadTextId(each.event_id));
  if (texts.length > 0) state.require([need(TEXTS, texts)]);
  const text = payload === undefined ? null : canonicalJson(payload);
  const same = refused.find((each) => {
    return !each.personal || state.get(TEXTS, payloadTextId(each.event_id))?.text === text;
  });
  return same ?? null;
}

/** A personal payload is no part of it: whoever has the log could guess it. */
function requestDigest(request: EscalationRequest, ceiling: readonly AmountText[]): string {
  return canonicalSha256({
    agent_id: request.agentId,
    action_type: request.actionType,
    ceiling: ceiling.toSorted((a, b) => (a.unit < b.unit ? -1 : 1)),
    ...(isPersonal(request) ? { personal: true } : { payload_sha256: digestInLog(request) }),
    reason: request.reason.trim().replaceAll(/\s+/g, ' '),
  });
}

function isPersonal({ payload, personal }: EscalationRequest): boolean {
  return payload !== undefined && personal === true;
}

function digestInLog(request: EscalationRequest): string | null {
  return request.payload === undefined || isPersonal(request) ? null : canonicalSha256(request.payload);
}

function pending(
  request: EscalationRequest,
  agent: Readonly<Agent>,
  { amounts, pricing }: Reckoned,
  digest: string,
  state: State,
  context: DecisionContext,
): Escalation {
  const policy = policyFor(state, request.actionType);
  const clearance = cleared(agent, request, state, context);
  const obstacle = 'problem' in clearance ? { code: clearance.problem.code, detail: clearance.problem.detail } : null;
  return {
    id: request.escalationId,
    agent_id: request.agentId,
    action_type: request.actionType,
    payload_sha256: digestInLog(request),
    personal: isPersonal(request),
    ceiling: textOfAmounts(amounts),
    pricing,
    reason: request.reason,
    request_sha256: digest,
    obstacle,
    policy_id: policy.id,
    policy_version: policy.version,
    approvals_needed: policy.approvals_needed,
    approvals: [],
    status: 'pending',
    asked_at: context.now,
    decide_by: plusSeconds(context.now, policy.decide_within_seconds),
    usable_until: null,
    event_id: context.eventId,
    decided_by: null,
    decided_at: null,
    decision_reason: null,
    decided_event_id: null,
    used_action_id: null,
    used_event_id: null,
  };
}
