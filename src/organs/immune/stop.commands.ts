import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { updated } from '../../event-log/effect.js';
import { need, type State } from '../../event-log/working-set.js';
import type { StopOrder } from './entities/stop-order.entity.js';
import { ORDER_NOT_FOUND, STOP_ALREADY_CONFIRMED } from './immune.errors.js';
import { STOP_ORDERS } from './tables.js';

/** An agent says that it has stopped. It may say so whatever its standing is, and late. */
export function confirmStopCommand(agentId: string, orderId: string): Command {
  return {
    type: 'immune.confirm_stop',
    permission: 'actions.perform',
    subject: { type: 'stop_order', id: orderId },
    payload: { agent_id: agentId },
    needs: [need(STOP_ORDERS, orderId)],
    decide: (state, context) => decideConfirmation(agentId, orderId, state, context),
  };
}

function decideConfirmation(agentId: string, orderId: string, state: State, context: DecisionContext): Decision {
  const order = state.get(STOP_ORDERS, orderId);
  if (order?.agent_id !== agentId) return { outcome: 'denied', problem: ORDER_NOT_FOUND };
  const causedBy = order.event_id;
  if (order.status === 'confirmed') return { outcome: 'denied', problem: STOP_ALREADY_CONFIRMED, causedBy };
  const after: StopOrder = {
    ...order,
    status: 'confirmed',
    answered_at: context.now,
    answered_event_id: context.eventId,
  };
  return {
    outcome: 'succeeded',
    causedBy,
    effects: [updated(STOP_ORDERS, after)],
    answer: { order_id: orderId, agent_id: agentId, status: after.status, answered_at: after.answered_at },
  };
}

/** The time for a confirmation is over: nobody knows whether the agent has stopped. */
export function stopUnconfirmedCommand({ id, agent_id: agentId }: Pick<StopOrder, 'id' | 'agent_id'>): Command {
  return {
    type: 'immune.stop_unconfirmed',
    permission: 'system',
    subject: { type: 'stop_order', id },
    payload: { agent_id: agentId },
    needs: [need(STOP_ORDERS, id)],
    decide: (state, { now }) => {
      const order = state.get(STOP_ORDERS, id);
      if (order?.status !== 'requested' || order.confirm_by > now) return { outcome: 'nothing' };
      const after: StopOrder = { ...order, status: 'unconfirmed' };
      return {
        outcome: 'succeeded',
        causedBy: order.event_id,
        effects: [updated(STOP_ORDERS, after)],
        answer: { order_id: id },
      };
    },
  };
}
