import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allocate, book, budgetId, covers, hold, isInForce, remaining, settle } from './budget.rules.js';
import type { Budget } from './entities/budget.entity.js';

const NOW = '2026-01-01T00:00:00.000000Z';
const fresh = (total: bigint, before: Budget | null = null): Budget =>
  allocate(before, { agentId: 'a', unit: 'usd', total, hours: 24 }, NOW);

describe('a budget', () => {
  it('is in force from the start of its window to just before its end', () => {
    const budget = fresh(10n);
    expect(budget.window_end).toBe('2026-01-02T00:00:00.000000Z');
    expect(isInForce(budget, NOW)).toBe(true);
    expect(isInForce(budget, '2026-01-01T23:59:59.999999Z')).toBe(true);
    expect(isInForce(budget, budget.window_end)).toBe(false);
    expect(remaining(budget, budget.window_end)).toBe(0n);
  });

  it('has a row for each agent and unit, which never meet', () => {
    expect(fresh(1n).id).toBe(budgetId('a', 'usd'));
    expect(budgetId('a:b', 'c')).not.toBe(budgetId('a', 'b:c'));
  });

  const row = (total: bigint, spent: bigint, reserved: bigint, debt: bigint): Budget => ({
    ...fresh(total),
    spent_nano: spent,
    reserved_nano: reserved,
    debt_nano: debt,
  });

  it.each([
    [10n, 0n, 0n, 0n, 10n],
    [10n, 3n, 4n, 0n, 3n],
    [10n, 3n, 7n, 0n, 0n],
    [10n, 6n, 4n, 5n, 0n],
    [10n, 2n, 6n, 1n, 1n],
    [10n, 0n, 25n, 0n, 0n],
  ])('of %p with %p spent, %p reserved and %p debt has %p left', (total, spent, reserved, debt, left) => {
    const budget = row(total, spent, reserved, debt);
    expect(remaining(budget, NOW)).toBe(left);
    expect(covers(budget, left, NOW)).toBe(debt === 0n);
    expect(covers(budget, left + 1n, NOW)).toBe(false);
    expect(remaining(null, NOW)).toBe(0n);
  });

  it.each([
    ['nothing', 0n, 0n, { spent_nano: 4n, debt_nano: 0n }],
    ['what it has', 0n, 6n, { spent_nano: 10n, debt_nano: 0n }],
    ['one more than it has', 0n, 7n, { spent_nano: 10n, debt_nano: 1n }],
    ['what a hold has taken', 5n, 6n, { spent_nano: 5n, debt_nano: 5n }],
    ['less than was booked', 0n, -3n, { spent_nano: 1n, debt_nano: 0n }],
  ])('that bore 4 of 10 books %s', (_, reserved, cost, after) => {
    expect(book(row(10n, 4n, reserved, 0n), cost)).toMatchObject(after);
  });

  it('takes back debt before it takes back what was spent', () => {
    expect(book(row(10n, 10n, 0n, 3n), -2n)).toMatchObject({ spent_nano: 10n, debt_nano: 1n });
    expect(book(row(10n, 10n, 0n, 3n), -5n)).toMatchObject({ spent_nano: 8n, debt_nano: 0n });
  });

  it('has a fresh window, to the fraction of an hour', () => {
    const later = '2026-01-01T06:00:00.000000Z';
    const next = allocate(hold(book(fresh(10n), 4n), 2n), { agentId: 'a', unit: 'usd', total: 7n, hours: 0.5 }, later);
    expect(next).toEqual({
      id: 'a/usd',
      agent_id: 'a',
      unit: 'usd',
      total_nano: 7n,
      spent_nano: 0n,
      reserved_nano: 2n,
      debt_nano: 0n,
      carried_nano: 0n,
      window_start: later,
      window_end: '2026-01-01T06:30:00.000000Z',
    });
    expect(isInForce(next, NOW)).toBe(false);
  });

  it('covers what fits, to the last nano-unit', () => {
    const budget = hold(fresh(10n), 4n);
    expect(covers(budget, 6n, NOW)).toBe(true);
    expect(covers(budget, 7n, NOW)).toBe(false);
    expect(covers(null, 0n, NOW)).toBe(false);
    expect(covers(budget, 0n, budget.window_end)).toBe(false);
  });

  it('books the real cost whole: what it cannot bear is debt, and in debt nothing is covered', () => {
    const budget = settle(hold(fresh(10n), 4n), 4n, 13n);
    expect(budget).toMatchObject({ spent_nano: 10n, debt_nano: 3n, reserved_nano: 0n });
    expect(covers(budget, 0n, NOW)).toBe(false);
  });

  it('pays debt from the room that a hold leaves behind', () => {
    const inDebt = book(hold(fresh(10n), 8n), 5n);
    expect(inDebt).toMatchObject({ spent_nano: 2n, debt_nano: 3n });
    expect(settle(inDebt, 8n, 1n)).toMatchObject({ spent_nano: 6n, debt_nano: 0n });
  });

  it('pays debt first from a new window, and carries open holds over', () => {
    const before = book(hold(fresh(10n), 8n), 5n);
    expect(fresh(20n, before)).toMatchObject({ spent_nano: 3n, debt_nano: 0n, reserved_nano: 8n, carried_nano: 3n });
    expect(fresh(9n, before)).toMatchObject({ spent_nano: 1n, debt_nano: 2n, carried_nano: 3n });
  });

  it('keeps its promises whatever happens in whatever order', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('allocate' as const), amount: fc.bigInt({ min: 1n, max: 100n }) }),
      fc.record({ do: fc.constant('hold' as const), amount: fc.bigInt({ min: 0n, max: 40n }) }),
      fc.record({ do: fc.constant('settle' as const), amount: fc.bigInt({ min: 0n, max: 60n }) }),
      fc.record({ do: fc.constant('book' as const), amount: fc.bigInt({ min: 0n, max: 30n }) }),
      fc.record({ do: fc.constant('correct' as const), amount: fc.bigInt({ min: 0n, max: 30n }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let budget = fresh(100n);
        let booked = 0n;
        let holds: bigint[] = [];
        for (const { do: what, amount } of steps) {
          const before = budget;
          if (what === 'allocate') {
            budget = fresh(amount, budget);
            booked = 0n;
          } else if (what === 'hold' && covers(budget, amount, NOW)) {
            budget = hold(budget, amount);
            holds.push(amount);
            expect(budget.spent_nano + budget.reserved_nano).toBeLessThanOrEqual(budget.total_nano);
          } else if (what === 'settle' && holds.length > 0) {
            budget = settle(budget, holds[0] ?? 0n, amount);
            holds = holds.slice(1);
            booked += amount;
          } else if (what === 'book') {
            budget = book(budget, amount);
            booked += amount;
          } else if (what === 'correct') {
            const back = amount < booked ? amount : booked;
            budget = book(budget, -back);
            booked -= back;
          }
          expect(budget.reserved_nano).toBe(holds.reduce((sum, h) => sum + h, 0n));
          expect(budget.spent_nano + budget.debt_nano - budget.carried_nano).toBe(booked);
          expect(budget.spent_nano >= 0n && budget.debt_nano >= 0n).toBe(true);
          const left = budget.total_nano - budget.spent_nano - budget.reserved_nano - budget.debt_nano;
          expect(remaining(budget, NOW)).toBe(left > 0n ? left : 0n);
          // No debt beside room that could pay it.
          expect(budget.debt_nano === 0n || budget.spent_nano + budget.reserved_nano >= budget.total_nano).toBe(true);
          if (what !== 'allocate' && before.spent_nano + before.reserved_nano <= before.total_nano) {
            expect(budget.spent_nano + budget.reserved_nano).toBeLessThanOrEqual(budget.total_nano);
          }
        }
      }),
    );
  });
});
