import type { DecisionContext } from '../../event-log/command.js';
import { inserted, type Effect } from '../../event-log/effect.js';
import { plusSeconds } from '../../platform/time.js';
import type { StopKind, StopOrder } from './entities/stop-order.entity.js';
import { STOP_ORDERS } from './tables.js';

/** How long an agent has to confirm that it has stopped, in seconds: a few heartbeats. */
export const STOP_CONFIRM_SECONDS = 30;
/** Actions that an order names; their ids are some 4 KiB of its event. */
export const STOP_ACTIONS_MAX = 100;
/** What an order says in place of more of them. An order covers everything begun in any case. */
export const ALL_ACTIONS = 'all';

/** An order to an agent to stop what it has begun, from the event that is being decided. That it is obeyed is for the agent to say. */
export function requestStop(
  agentId: string,
  kind: StopKind,
  reason: string,
  actionIds: readonly string[],
  { now, eventId, newId }: DecisionContext,
): { readonly row: StopOrder; readonly effects: Effect[] } {
  const row: StopOrder = {
    id: newId(),
    agent_id: agentId,
    kind,
    reason,
    actions: actionIds.length > STOP_ACTIONS_MAX ? [ALL_ACTIONS] : actionIds.toSorted(),
    status: 'requested',
    requested_at: now,
    event_id: eventId,
    confirm_by: plusSeconds(now, STOP_CONFIRM_SECONDS),
    answered_at: null,
    answered_event_id: null,
  };
  return { row, effects: [inserted(STOP_ORDERS, row)] };
}
