import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import { AGENTS, capabilityProblem, type Agent } from '../agents/index.js';
import { approvalProblem, isDecidedSince, stateNeeds, stateProblem, supervisionOn } from '../arbiter/index.js';
import { standingProblem, throttled } from '../immune/index.js';
import { HOLDS, type Hold } from '../metabolism/index.js';
import { ACTION_NOT_FOUND, ACTION_VOID, ALREADY_BEGUN, ALREADY_COMPLETED, HOLD_OVER } from './actions.errors.js';
import { leaseEnd } from './permits/permit.js';

/** Begins a deferred action: from here on its hold may be spent. All that an authorization checks is checked again, but the budget, which is held. */
export function beginCommand(agentId: string, actionId: string): Command {
  return {
    type: 'actions.begin',
    permission: 'actions.perform',
    subject: { type: 'action', id: actionId },
    payload: {},
    needs: [need(AGENTS, agentId), need(HOLDS, actionId), ...stateNeeds()],
    decide: (state, context) => decide(agentId, actionId, state, context),
  };
}

function decide(agentId: string, actionId: string, state: State, context: DecisionContext): Decision {
  const agent = state.get(AGENTS, agentId);
  if (!agent) throw new Error(`the agent ${agentId} was admitted and is not there`);
  const standing = standingProblem(agent);
  if (standing) return { outcome: 'denied', problem: standing };
  const hold = state.get(HOLDS, actionId);
  if (!hold || hold.agent_id !== agentId) return { outcome: 'denied', problem: ACTION_NOT_FOUND };
  const causedBy = hold.event_id;
  const problem = rightProblem(agent, hold, state, context) ?? beginProblem(hold, context);
  if (problem) return { outcome: 'denied', problem, causedBy };
  // What people approved stands above a throttle, here as when it was authorized.
  const throttle = hold.escalation_id === null ? throttled(agent, context.now) : { effects: [] };
  if ('problem' in throttle) return { outcome: 'denied', problem: throttle.problem, causedBy };
  const begun: Hold = { ...hold, begun_at: context.now };
  return {
    outcome: 'succeeded',
    causedBy,
    effects: [updated(HOLDS, begun), ...throttle.effects],
    answer: {
      action_id: actionId,
      status: begun.status,
      begun_at: context.now,
      expires_at: begun.expires_at,
      permit: null,
      lease_expires_at: leaseEnd(context.now, begun.lease_seconds, begun.expires_at),
    },
  };
}

/** What stands in the way of an action: people decided on the approved ones, and what they could not know of counts for those as well. */
function rightProblem(agent: Readonly<Agent>, hold: Hold, state: State, { now }: DecisionContext): Problem | null {
  if (hold.escalation_id !== null) return isDecidedSince(state, hold.event_id) ? null : stateProblem(state, agent.type);
  return (
    stateProblem(state, agent.type) ??
    capabilityProblem(agent, hold.action_type) ??
    approvalProblem(supervisionOn(agent, now))
  );
}

function beginProblem(
  { status, begun_at: begunAt, expires_at: expiresAt }: Hold,
  { now }: DecisionContext,
): Problem | null {
  switch (status) {
    case 'authorized':
      if (begunAt !== null) return ALREADY_BEGUN;
      return expiresAt <= now ? HOLD_OVER : null;
    case 'succeeded':
    case 'failed':
    case 'expired':
      return ALREADY_COMPLETED;
    case 'void':
      return ACTION_VOID;
  }
}
