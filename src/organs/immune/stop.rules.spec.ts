import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Command, Decision, DecisionContext } from '../../event-log/command.js';
import { WorkingSet } from '../../event-log/working-set.js';
import { plusSeconds } from '../../platform/time.js';
import type { StopOrder } from './entities/stop-order.entity.js';
import { confirmStopCommand, stopUnconfirmedCommand } from './stop.commands.js';
import { ALL_ACTIONS, requestStop, STOP_ACTIONS_MAX, STOP_CONFIRM_SECONDS } from './stop.rules.js';
import { STOP_ORDERS } from './tables.js';

const START = '2026-01-01T00:00:00.000000Z';
const ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

let state: WorkingSet;

const at = (seconds: number, eventId: number) =>
  ({ now: plusSeconds(START, seconds), eventId, newId: () => ID }) as DecisionContext;

/** Decides a command so many seconds after the order, and applies what it does. */
function decide(command: Command, seconds: number, eventId = 2): Decision {
  const decision = command.decide(state, at(seconds, eventId));
  if (decision.outcome === 'succeeded') state.apply(decision.effects);
  return decision;
}

const order = (): Readonly<StopOrder> | null => state.get(STOP_ORDERS, ID);
const confirm = (agentId = 'a'): Command => confirmStopCommand(agentId, ID);
const giveUp = (): Command => stopUnconfirmedCommand({ id: ID, agent_id: 'a' });

beforeEach(() => {
  state = new WorkingSet();
  state.load(STOP_ORDERS as never, 'id', [ID], []);
  state.apply(requestStop('a', 'quarantine', 'why', ['y', 'x'], at(0, 1)).effects);
});

describe('an order to stop', () => {
  it('is requested, with a time to confirm, and names what runs', () => {
    expect(order()).toEqual({
      id: ID,
      agent_id: 'a',
      kind: 'quarantine',
      reason: 'why',
      actions: ['x', 'y'],
      status: 'requested',
      requested_at: START,
      event_id: 1,
      confirm_by: plusSeconds(START, STOP_CONFIRM_SECONDS),
      answered_at: null,
      answered_event_id: null,
    });
  });

  it('says all where there is too much to name', () => {
    const ids = (n: number): string[] => Array.from({ length: n }, (_, i) => String(i));
    const actions = (n: number): string[] => requestStop('a', 'terminate', 'why', ids(n), at(0, 1)).row.actions;
    expect(actions(STOP_ACTIONS_MAX)).toHaveLength(STOP_ACTIONS_MAX);
    expect(actions(STOP_ACTIONS_MAX + 1)).toEqual([ALL_ACTIONS]);
  });

  it('is confirmed by its agent, once', () => {
    expect(decide(confirm('b'), 1)).toMatchObject({ outcome: 'denied', problem: { code: 'IMMUNE.ORDER_NOT_FOUND' } });
    expect(decide(confirm(), 1)).toMatchObject({ outcome: 'succeeded', causedBy: 1 });
    expect(order()).toMatchObject({ status: 'confirmed', answered_at: plusSeconds(START, 1), answered_event_id: 2 });
    expect(decide(confirm(), 2)).toMatchObject({ problem: { code: 'IMMUNE.STOP_ALREADY_CONFIRMED' } });
    expect(decide(giveUp(), STOP_CONFIRM_SECONDS)).toEqual({ outcome: 'nothing' });
  });

  it('is unconfirmed when its time is over and not before, once, and may be confirmed late', () => {
    expect(decide(giveUp(), STOP_CONFIRM_SECONDS - 0.000001)).toEqual({ outcome: 'nothing' });
    expect(decide(giveUp(), STOP_CONFIRM_SECONDS)).toMatchObject({ outcome: 'succeeded', causedBy: 1 });
    expect(order()).toMatchObject({ status: 'unconfirmed', answered_at: null, answered_event_id: null });
    expect(decide(giveUp(), STOP_CONFIRM_SECONDS)).toEqual({ outcome: 'nothing' });
    expect(decide(confirm(), 99, 3)).toMatchObject({ outcome: 'succeeded' });
    expect(order()).toMatchObject({ status: 'confirmed', answered_event_id: 3 });
  });
});
