import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DecisionContext } from '../../event-log/command.js';
import { WorkingSet } from '../../event-log/working-set.js';
import { Books } from './books.js';
import type { Hold } from './entities/hold.entity.js';
import { voidHold } from './settlement.rules.js';
import { ACCOUNTS, HOLDS, LIMITS, SCOPES } from './tables.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const context = { now: NOW, eventId: 7, newId: () => 'id' } as DecisionContext;
const hold: Hold = {
  action_id: 'h',
  agent_id: 'a',
  action_type: 'x',
  amounts: [
    { unit: 'usd', amount: '2' },
    { unit: 'calls', amount: '1' },
  ],
  scopes: ['agent:a'],
  pricing: null,
  status: 'authorized',
  authorized_at: NOW,
  expires_at: NOW,
  lease_seconds: 60,
  begun_at: null,
  event_id: 3,
  costs: null,
  settled_at: null,
  settled_event_id: null,
  escalation_id: null,
  funded: null,
};

let state: WorkingSet;

beforeEach(() => {
  state = new WorkingSet();
  const balances = { usd: { booked: '4', held: '5' }, calls: { booked: '0', held: '1' } };
  state.load(ACCOUNTS as never, 'scope_id', ['agent:a'], [{ scope_id: 'agent:a', balances }]);
  state.load(LIMITS as never, 'scope_id', ['agent:a'], []);
  state.load(SCOPES as never, 'id', ['agent:a'], []);
  state.load(HOLDS as never, 'action_id', ['h'], [hold]);
});

describe('an action that was never begun', () => {
  it('gives all that it held back, and books nothing', () => {
    const { effects, followUps } = voidHold(hold, new Books(state, hold.scopes, context), context);
    state.apply(effects);
    expect(followUps).toEqual([]);
    expect(effects.map(({ table }) => table.entity)).toEqual(['hold', 'account']);
    expect(state.get(HOLDS, 'h')).toEqual({
      ...hold,
      status: 'void',
      costs: [
        { unit: 'usd', amount: '0' },
        { unit: 'calls', amount: '0' },
      ],
      settled_at: NOW,
      settled_event_id: 7,
    });
    expect(state.get(ACCOUNTS, 'agent:a')?.balances).toEqual({
      usd: { booked: '4', held: '3' },
      calls: { booked: '0', held: '0' },
    });
  });

  it('is not one that may have been spent, or has ended', () => {
    const books = new Books(state, hold.scopes, context);
    expect(() => voidHold({ ...hold, begun_at: NOW }, books, context)).toThrow('may have been spent');
    expect(() => voidHold({ ...hold, status: 'expired' }, books, context)).toThrow('may have been spent');
  });
});
