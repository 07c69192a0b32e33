import { describe, expect, it } from '@jest/globals';
import type { DecisionContext } from '../../event-log/command.js';
import type { Effect } from '../../event-log/effect.js';
import { allocate } from '../metabolism/budget.rules.js';
import { hold as reserve, type Budget, type Hold } from '../metabolism/index.js';
import { settleExpired, settleOpen } from './settlement.rules.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const LATER = '2026-01-02T00:00:00.000000Z';
const context = (now = NOW): DecisionContext => ({
  now,
  eventId: 9,
  newId: () => 'ledger-id',
  principal: { actor: { type: 'agent', id: 'a' }, roles: [] },
});
const budget = (now = NOW, before: Budget | null = null): Budget =>
  allocate(before, { agentId: 'a', unit: 'usd', total: 100n, hours: 24 }, now);
const open: Hold = {
  action_id: 'x',
  agent_id: 'a',
  action_type: 't',
  unit: 'usd',
  amount_nano: 10n,
  status: 'authorized',
  authorized_at: NOW,
  expires_at: LATER,
  event_id: 1,
  cost_nano: null,
  settled_at: null,
  settled_event_id: null,
  window_start: null,
};
const held = reserve(budget(), 10n);
const expired = settleOpen(open, held, { status: 'expired', cost: 10n, booksZero: true }, context());
const success = (cost: bigint) => ({ status: 'succeeded', cost, booksZero: true }) as const;
const rows = (effects: readonly Effect[]) =>
  effects
    .filter((e) => e.table.entity === 'ledger_entry')
    .map((e) => e.row as { amount_nano: bigint; estimated: boolean; window_start: string });

describe('settling', () => {
  it('books the cost and gives the rest of the hold back', () => {
    const done = settleOpen(open, held, success(4n), context());
    expect(done.budget).toMatchObject({ spent_nano: 4n, reserved_nano: 0n });
    expect(done.hold).toMatchObject({ status: 'succeeded', cost_nano: 4n, settled_event_id: 9, window_start: NOW });
    expect(rows(done.effects)).toMatchObject([{ amount_nano: 4n, estimated: false }]);
  });

  it('writes a row for a success at no cost, and none for a failure at no cost', () => {
    expect(rows(settleOpen(open, held, success(0n), context()).effects)).toHaveLength(1);
    expect(
      rows(settleOpen(open, held, { status: 'failed', cost: 0n, booksZero: false }, context()).effects),
    ).toHaveLength(0);
  });

  it('books the whole hold as an estimate when it expires', () => {
    expect(expired.budget).toMatchObject({ spent_nano: 10n, reserved_nano: 0n });
    expect(rows(expired.effects)).toMatchObject([{ amount_nano: 10n, estimated: true }]);
  });

  it('books more than the hold whole: what the budget cannot bear is debt', () => {
    const done = settleOpen(open, held, success(130n), context());
    expect(done.budget).toMatchObject({ spent_nano: 100n, debt_nano: 30n, reserved_nano: 0n });
    expect(rows(done.effects)).toMatchObject([{ amount_nano: 130n }]);
  });

  it('books a failure that cost something', () => {
    const done = settleOpen(open, held, { status: 'failed', cost: 3n, booksZero: false }, context());
    expect(rows(done.effects)).toMatchObject([{ amount_nano: 3n, estimated: false }]);
    expect(done.hold).toMatchObject({ status: 'failed', cost_nano: 3n });
  });

  it('settles in the window of the moment, with a hold of the one before', () => {
    const done = settleOpen(open, budget(LATER, held), success(4n), context(LATER));
    expect(done.budget).toMatchObject({ spent_nano: 4n, reserved_nano: 0n, window_start: LATER });
    expect(done.hold).toMatchObject({ window_start: LATER, settled_at: LATER });
    expect(rows(done.effects)).toMatchObject([{ amount_nano: 4n, window_start: LATER }]);
  });

  it('says in the ledger whose cost of what action it was', () => {
    const [, , entry] = settleOpen(open, held, success(4n), context()).effects;
    expect(entry).toMatchObject({
      op: 'insert',
      row: {
        id: 'ledger-id',
        event_id: 9,
        agent_id: 'a',
        action_id: 'x',
        cost_type: 't',
        unit: 'usd',
        occurred_at: NOW,
        window_start: NOW,
      },
    });
  });
});

describe('completing after the expiry', () => {
  it('takes a whole estimate back from a failure that cost nothing', () => {
    const done = settleExpired(
      expired.hold,
      expired.budget,
      { status: 'failed', cost: 0n, booksZero: false },
      context(),
    );
    expect(done.budget).toMatchObject({ spent_nano: 0n, debt_nano: 0n });
    expect(rows(done.effects)).toMatchObject([{ amount_nano: -10n, estimated: false }]);
    expect(done.hold).toMatchObject({ status: 'failed', cost_nano: 0n });
  });

  it('takes back debt first, and makes debt of what the budget cannot bear', () => {
    const inDebt = { ...expired.budget, total_nano: 7n, spent_nano: 7n, debt_nano: 3n };
    const down = settleExpired(expired.hold, inDebt, success(8n), context());
    expect(down.budget).toMatchObject({ spent_nano: 7n, debt_nano: 1n });
    const up = settleExpired(expired.hold, inDebt, success(12n), context());
    expect(up.budget).toMatchObject({ spent_nano: 7n, debt_nano: 5n });
  });

  it('leaves the books with the real cost, whatever was estimated', () => {
    for (const cost of [0n, 1n, 9n, 10n, 11n, 500n]) {
      const done = settleExpired(expired.hold, expired.budget, success(cost), context());
      const booked = [...rows(expired.effects), ...rows(done.effects)].reduce((sum, r) => sum + r.amount_nano, 0n);
      expect(booked).toBe(cost);
      expect(done.budget.spent_nano + done.budget.debt_nano).toBe(cost);
    }
  });

  it.each([
    [4n, [-6n], 4n],
    [10n, [], 10n],
    [15n, [5n], 15n],
  ])('corrects the estimate to %p', (cost, amounts, spent) => {
    const done = settleExpired(expired.hold, expired.budget, success(cost), context());
    expect(rows(done.effects).map((r) => r.amount_nano)).toEqual(amounts);
    expect(done.budget.spent_nano).toBe(spent);
    expect(done.hold).toMatchObject({ status: 'succeeded', cost_nano: cost });
  });

  it('leaves the present window alone when an earlier one bore too much, and charges it when it bore too little', () => {
    const next = budget(LATER, expired.budget);
    const less = settleExpired(expired.hold, next, success(4n), context(LATER));
    expect(less.budget).toEqual(next);
    expect(rows(less.effects)).toMatchObject([{ amount_nano: -6n, window_start: NOW }]);
    const more = settleExpired(expired.hold, next, success(15n), context(LATER));
    expect(more.budget.spent_nano).toBe(5n);
    expect(rows(more.effects)).toMatchObject([{ amount_nano: 5n, window_start: LATER }]);
  });
});
