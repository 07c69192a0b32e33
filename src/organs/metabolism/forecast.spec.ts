import { describe, expect, it } from '@jest/globals';
import { forecastOf } from './forecast.js';
import { newLimit } from './grants.js';
import { standingOf } from './limit.rules.js';
import type { Period } from './period.js';

const NOON = '2026-01-01T12:00:00.000000Z';
const NANO = 1_000_000_000n;
const DAILY: Period = { kind: 'calendar', every: 'day', time_zone: 'UTC' };

const forecast = (period: Period, booked: bigint, rate: bigint) => {
  const sums = { held: 0n, booked: 0n };
  const limit = newLimit({ id: 'l', scopeId: 's', unit: 'usd', total: 10n * NANO, period }, sums, {
    now: NOON,
    eventId: 1,
  });
  const standing = standingOf(limit, { held: 0n, booked: booked * NANO }, NOON);
  return forecastOf(limit, standing, new Map([['s usd', rate]]), NOON);
};

describe('a limit', () => {
  it.each([
    [4n, 3n * NANO, '2026-01-01T14:00:00.000000Z'],
    [4n, NANO / 2n, null],
    [4n, 0n, null],
    [4n, -NANO, null],
    [10n, NANO, NOON],
    [12n, 0n, NOON],
    [9n, 7n, null],
  ])('of ten a day of which %p are spent, at %p an hour, runs out at %p', (booked, rate, at) => {
    expect(forecast(DAILY, booked, rate).runs_out_at).toBe(at);
  });

  it('for a lifetime runs out whenever that is', () => {
    expect(forecast({ kind: 'lifetime' }, 0n, NANO / 10n)).toEqual({
      rate_per_hour: 0.1,
      runs_out_at: '2026-01-05T16:00:00.000000Z',
    });
  });
});
