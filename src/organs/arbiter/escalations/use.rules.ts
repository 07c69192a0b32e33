import type { DecisionContext } from '../../../event-log/command.js';
import { canonicalJson, canonicalSha256 } from '../../../event-log/canonical.js';
import { updated, type Effect } from '../../../event-log/effect.js';
import { need, type Need, type State } from '../../../event-log/working-set.js';
import type { Problem } from '../../../platform/errors/problem.js';
import type { JsonObject } from '../../../platform/json.js';
import type { Timestamp } from '../../../platform/time.js';
import type { Agent } from '../../agents/index.js';
import { amountsOfText, nanoIn, type Amount } from '../../metabolism/index.js';
import type { Escalation } from '../entities/escalation.entity.js';
import { isPolicyChanged, policyNeeds } from './approval-policy.rules.js';
import {
  actionMismatch,
  alreadyUsed,
  approvalExpired,
  approvalVoid,
  costAboveCeiling,
  ESCALATION_NOT_FOUND,
  notApproved,
  OWN_AGENT,
  PAYLOAD_ERASED,
  PAYLOAD_MISMATCH,
  policyChanged,
} from './escalations.errors.js';
import { isOwn, ownershipNeeds } from './own-agent.rules.js';
import { ESCALATIONS, payloadTextId, TEXTS } from './tables.js';

/** An action that is to be done on an approval. */
export interface ApprovedWish {
  readonly escalationId: string;
  readonly agentId: string;
  readonly actionType: string;
  readonly payload?: JsonObject;
  /** Whether `payload` is about a person. */
  readonly personal?: boolean;
}

/** The rows that tell whether an approval is for an action. */
export function useNeeds({ escalationId, agentId, actionType }: Omit<ApprovedWish, 'payload'>): Need[] {
  return [need(ESCALATIONS, escalationId), ...policyNeeds(actionType), ...ownershipNeeds(agentId)];
}

/** An approval that is for an action. */
export interface Usable {
  readonly escalation: Readonly<Escalation>;
  /** The event of the decision. */
  readonly causedBy: number;
}

/** Why an approval is not for an action. */
export interface NotUsable {
  readonly problem: Problem;
  readonly causedBy?: number;
}

/** Whether an approval is for this action of this agent. What it costs is another question: `ceilingProblem`. */
export function usable(
  state: State,
  agent: Readonly<Agent>,
  wish: ApprovedWish,
  { now }: Pick<DecisionContext, 'now'>,
): Usable | NotUsable {
  const escalation = state.get(ESCALATIONS, wish.escalationId);
  if (escalation?.agent_id !== agent.agent_id) return { problem: ESCALATION_NOT_FOUND };
  const causedBy = escalation.decided_event_id ?? escalation.event_id;
  const problem =
    statusProblem(escalation) ?? timeProblem(agent, escalation, now) ?? contentProblem(state, escalation, wish);
  return problem ? { problem, causedBy } : { escalation, causedBy };
}

/** 409 where something costs more than was approved, or in a unit that was not. */
export function ceilingProblem({ ceiling }: Readonly<Escalation>, amounts: readonly Amount[]): Problem | null {
  const most = amountsOfText(ceiling);
  const above = amounts.find(({ unit, nano }) => nano > nanoIn(most, unit) || !most.some((each) => each.unit === unit));
  return above ? costAboveCeiling(above, nanoIn(most, above.unit)) : null;
}

/** The effect of the one use. */
export function used(escalation: Readonly<Escalation>, actionId: string, { eventId }: DecisionContext): Effect {
  return updated(ESCALATIONS, {
    ...escalation,
    status: 'used',
    used_action_id: actionId,
    used_event_id: eventId,
  });
}

/** Whether the standing of its agent has changed since an escalation was asked: whatever was decided is void then. */
export function isVoid(agent: Readonly<Agent>, { event_id: eventId }: Readonly<Escalation>): boolean {
  return agent.status_event_id > eventId;
}

/** The text that a personal payload has beside the log, or null where it was erased. Loads it. */
export function personalText(state: State, { event_id: eventId }: Readonly<Escalation>): string | null {
  const id = payloadTextId(eventId);
  state.require([need(TEXTS, id)]);
  return state.get(TEXTS, id)?.text ?? null;
}

function statusProblem(escalation: Readonly<Escalation>): Problem | null {
  switch (escalation.status) {
    case 'approved':
      return null;
    case 'used':
      return alreadyUsed(escalation);
    case 'pending':
    case 'denied':
    case 'expired':
      return notApproved(escalation);
  }
}

function timeProblem(agent: Readonly<Agent>, escalation: Readonly<Escalation>, now: Timestamp): Problem | null {
  if (isVoid(agent, escalation)) return approvalVoid(agent);
  const { usable_until: until } = escalation;
  return until === null || now >= until ? approvalExpired(escalation) : null;
}

function contentProblem(state: State, escalation: Readonly<Escalation>, wish: ApprovedWish): Problem | null {
  if (escalation.action_type !== wish.actionType) return actionMismatch(escalation, wish.actionType);
  if (isPolicyChanged(state, escalation)) return policyChanged(escalation);
  // Whoever approved and then took a key would be acting on their own word.
  if (escalation.approvals.some((each) => isOwn(state, escalation, each.user_id))) return OWN_AGENT;
  return payloadProblem(state, escalation, wish);
}

function payloadProblem(
  state: State,
  escalation: Readonly<Escalation>,
  { payload, personal = false }: ApprovedWish,
): Problem | null {
  const digest = payload === undefined ? null : canonicalSha256(payload);
  if (!escalation.personal) {
    const isSame = escalation.payload_sha256 === digest && !(personal && digest !== null);
    return isSame ? null : PAYLOAD_MISMATCH;
  }
  if (payload === undefined || !personal) return PAYLOAD_MISMATCH;
  const text = personalText(state, escalation);
  if (text === null) return PAYLOAD_ERASED;
  return text === canonicalJson(payload) ? null : PAYLOAD_MISMATCH;
}
