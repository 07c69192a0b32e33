import { describe, expect, it } from '@jest/globals';
import { shortfall, takenBack } from './funding.rules.js';
import { newLimit } from './grants.js';
import { funded, standingOf } from './limit.rules.js';
import type { Period } from './period.js';

const NOON = '2026-01-01T12:00:00.000000Z';
const LATER = '2026-01-01T12:30:00.000000Z';
const NEXT = '2026-01-01T13:30:00.000000Z';
const DAILY: Period = { kind: 'calendar', every: 'day', time_zone: 'UTC' };
const HOURLY: Period = { kind: 'rolling', seconds: 3_600 };
const limit = (period: Period = DAILY) =>
  newLimit(
    { id: 'l', scopeId: 's', unit: 'usd', total: 10n, period },
    { held: 0n, booked: 0n },
    { now: NOON, eventId: 1 },
  );

describe('what a limit lacks', () => {
  it.each([
    // booked, held, asked, lacking
    [0n, 0n, 10n, 0n],
    [0n, 0n, 11n, 1n],
    [6n, 3n, 5n, 4n],
    [13n, 0n, 0n, 3n],
    [13n, 2n, 5n, 10n],
  ])('with %p booked and %p held, for %p', (booked, held, asked, lacking) => {
    const sums = { booked, held };
    expect(shortfall(standingOf(limit(), sums, NOON), asked)).toBe(lacking);
    const given = funded(limit(), lacking, NOON);
    const { remaining, debt } = standingOf(given, sums, NOON);
    expect({ debt, fits: remaining >= asked }).toEqual({ debt: 0n, fits: true });
    if (lacking > 0n) expect(remaining).toBe(asked);
  });
});

describe('what goes back', () => {
  const funding = { scope_id: 's', limit_id: 'l', unit: 'usd', amount: '0.000000004' };
  const given = { at: NOON, eventId: 3 };

  it.each([
    [0n, 0n],
    [3n, 3n],
    [9n, 4n],
    [-2n, 0n],
  ])('of 4 where %p were not spent', (unused, back) => {
    expect(takenBack(funded(limit(), 4n, NOON), funding, unused, given, LATER)).toBe(back);
  });

  it('is never more than is there, and nothing of another window', () => {
    expect(takenBack(funded(limit(), 1n, NOON), funding, 9n, given, LATER)).toBe(1n);
    expect(takenBack({ ...funded(limit(), 4n, NOON), since_event_id: 5 }, funding, 9n, given, LATER)).toBe(0n);
    const rolling = funded(limit(HOURLY), 4n, NOON);
    expect(takenBack(rolling, funding, 9n, given, LATER)).toBe(4n);
    expect(takenBack(rolling, funding, 9n, given, NEXT)).toBe(0n);
  });
});
