import { describe, expect, it } from '@jest/globals';
import type { Limit } from './entities/limit.entity.js';
import { granted, newLimit } from './grants.js';
import { corrected, forgiven, funded, isInForce, reached, standingOf, upToDate, type Sums } from './limit.rules.js';
import type { Period } from './period.js';

const NOON = '2026-01-01T12:00:00.000000Z';
const day = (date: number, time = '12:00:00'): string => `2026-01-${String(date).padStart(2, '0')}T${time}.000000Z`;
const DAILY: Period = { kind: 'calendar', every: 'day', time_zone: 'UTC' };
const sums = (booked: bigint, held = 0n): Sums => ({ booked, held });
const limit = (period: Period, total = 10n, booked = 0n): Limit =>
  newLimit({ id: 'l', scopeId: 's', unit: 'usd', total, period }, sums(booked), { now: NOON, eventId: 1 });

describe('what a limit bears', () => {
  it.each([
    // booked, held, spent, debt, remaining
    [0n, 0n, 0n, 0n, 10n],
    [3n, 4n, 3n, 0n, 3n],
    [3n, 7n, 3n, 0n, 0n],
    [13n, 0n, 10n, 3n, 0n],
    [7n, 5n, 5n, 2n, 0n],
    [0n, 25n, 0n, 0n, 0n],
    [2n, 25n, 0n, 2n, 0n],
  ])('of 10 with %p booked and %p held', (booked, held, spent, debt, remaining) => {
    expect(standingOf(limit(DAILY), sums(booked, held), NOON)).toEqual({ total: 10n, spent, held, debt, remaining });
  });

  it('begins with the limit, whatever was booked before', () => {
    expect(standingOf(limit(DAILY, 10n, 500n), sums(504n), NOON)).toMatchObject({ spent: 4n, remaining: 6n });
  });
});

describe('a later window', () => {
  const moment = (now: string) => ({ now, eventId: 7 });

  it('bears nothing of what the one before bore', () => {
    const next = upToDate(limit(DAILY), sums(8n, 1n), moment(day(2)));
    expect(next).toMatchObject({ window_start: day(2, '00:00:00'), since_event_id: 7, base_nano: 8n, told: 0 });
    expect(standingOf(next, sums(8n, 1n), day(2))).toMatchObject({ spent: 0n, held: 1n, remaining: 9n });
  });

  it('takes over debt and pays what it can', () => {
    const next = upToDate(limit(DAILY), sums(23n), moment(day(2)));
    expect(standingOf(next, sums(23n), day(2))).toMatchObject({ spent: 10n, debt: 3n });
    const third = upToDate(next, sums(23n), moment(day(3)));
    expect(standingOf(third, sums(23n), day(3))).toMatchObject({ spent: 3n, debt: 0n, remaining: 7n });
  });

  it('is the same whether somebody looked in between or not', () => {
    for (const booked of [5n, 10n, 23n, 47n, 200n]) {
      for (const held of [0n, 4n, 30n]) {
        let looked: Readonly<Limit> = limit(DAILY);
        for (const date of [2, 3, 4, 5, 6]) looked = upToDate(looked, sums(booked, held), moment(day(date)));
        const slept = upToDate(limit(DAILY), sums(booked, held), moment(day(6)));
        expect(slept).toEqual(looked);
      }
    }
  });

  it('is never an earlier one: a clock that was set back changes nothing', () => {
    const next = upToDate(limit(DAILY), sums(8n), moment(day(3)));
    expect(upToDate(next, sums(8n), moment(day(2)))).toBe(next);
  });

  it('does not follow what was allocated once, nor a lifetime', () => {
    const single = limit({ kind: 'single', seconds: 3_600 });
    expect(isInForce(single, '2026-01-01T12:59:59.999999Z')).toBe(true);
    expect(isInForce(single, '2026-01-01T13:00:00.000000Z')).toBe(false);
    expect(upToDate(single, sums(8n), moment(day(9)))).toBe(single);
    expect(standingOf(single, sums(0n), day(9)).remaining).toBe(0n);
    expect(upToDate(limit({ kind: 'lifetime' }), sums(8n), moment(day(9)))).toMatchObject({ base_nano: 0n });
  });

  it('has not what an arbiter gave to the one before', () => {
    const given = funded(limit(DAILY), 5n, NOON);
    expect(standingOf(given, sums(12n), NOON)).toMatchObject({ total: 15n, remaining: 3n });
    expect(upToDate(given, sums(12n), moment(day(2)))).toMatchObject({ funded_nano: 0n, carried_nano: 0n });
  });
});

describe('a rolling window', () => {
  const HOUR: Period = { kind: 'rolling', seconds: 3_600 };
  const minute = (n: number): string =>
    `2026-01-01T${12 + Math.floor(n / 60)}:${String(n % 60).padStart(2, '0')}:30.000000Z`;

  it.each([1, 7, 45])(
    'looked at every %p minutes counts what the last hour booked, and up to a sixtieth more',
    (every) => {
      const bookings = [0, 3, 3, 20, 59, 61, 62, 80, 119, 130].map((at, i) => ({ at, nano: BigInt(i + 1) }));
      let row: Readonly<Limit> = newLimit(
        { id: 'l', scopeId: 's', unit: 'usd', total: 1000n, period: HOUR },
        sums(0n),
        {
          now: NOON,
          eventId: 1,
        },
      );
      let booked = 0n;
      for (let now = 0; now < 240; now += 1) {
        if (now % every !== 0 && !bookings.some(({ at }) => at === now)) continue;
        row = upToDate(row, sums(booked), { now: minute(now), eventId: now + 2 });
        for (const { nano } of bookings.filter(({ at }) => at === now)) booked += nano;
        const { spent } = standingOf(row, sums(booked), minute(now));
        const within = (minutes: number): bigint =>
          bookings.filter(({ at }) => at <= now && at > now - minutes).reduce((sum, { nano }) => sum + nano, 0n);
        expect(spent).toBeGreaterThanOrEqual(within(60));
        expect(spent).toBeLessThanOrEqual(within(61));
      }
      expect(row.marks?.length).toBeLessThanOrEqual(62);
    },
  );

  it('forgets all of it after a pause, whatever nobody looked at', () => {
    const row = upToDate(limit(HOUR), sums(8n), { now: minute(200), eventId: 3 });
    expect(standingOf(row, sums(8n), minute(200)).spent).toBe(0n);
  });

  it('bears forgiven debt until it has left', () => {
    const row = forgiven(limit(HOUR), 4n, minute(0));
    expect(standingOf(row, sums(14n), minute(0))).toMatchObject({ debt: 0n, remaining: 0n });
    expect(upToDate(row, sums(14n), { now: minute(59), eventId: 3 })).toMatchObject({ funded_nano: 4n });
    expect(upToDate(row, sums(14n), { now: minute(61), eventId: 3 })).toMatchObject({ funded_nano: 0n });
  });
});

describe('a correction', () => {
  it('gives back to the window that bore it, and to no other', () => {
    const row = limit(DAILY);
    expect(standingOf(corrected(row, 3, -6n), sums(4n), NOON).spent).toBe(4n);
    const next = upToDate(row, sums(10n), { now: day(2), eventId: 7 });
    const after = corrected(next, 3, -6n);
    expect(standingOf(after, sums(4n), day(2))).toMatchObject({ spent: 0n, remaining: 10n });
    expect(corrected(next, 3, 6n)).toBe(next);
  });

  it('leaves a rolling window with what it bore at each moment', () => {
    const at = (n: number): string => `2026-01-01T12:${String(n).padStart(2, '0')}:30.000000Z`;
    let row: Readonly<Limit> = limit({ kind: 'rolling', seconds: 600 }, 100n);
    row = upToDate(row, sums(0n), { now: at(1), eventId: 2 });
    row = upToDate(row, sums(10n), { now: at(5), eventId: 4 });
    row = corrected(row, 3, -6n);
    expect(standingOf(row, sums(4n), at(5)).spent).toBe(4n);
    row = upToDate(row, sums(4n), { now: at(14), eventId: 5 });
    expect(standingOf(row, sums(4n), at(14)).spent).toBe(0n);
  });
});

describe('an allocation', () => {
  const grant = { id: 'x', scopeId: 's', unit: 'usd', total: 7n, seconds: 1_800 };
  const moment = { now: day(2), eventId: 9 };

  it('is a fresh window of the same row: open holds carry over, debt is paid from it first', () => {
    const before = granted(null, { ...grant, id: 'first', total: 10n }, sums(0n), { now: NOON, eventId: 1 });
    const next = granted(before, grant, sums(13n, 2n), moment);
    expect(next).toMatchObject({ id: 'first', limit_nano: 7n, window_end: day(2, '12:30:00'), carried_nano: 5n });
    expect(standingOf(next, sums(13n, 2n), day(2))).toMatchObject({ spent: 5n, held: 2n, debt: 0n, remaining: 0n });
    expect(granted(before, { ...grant, total: 1n }, sums(13n, 2n), moment).in_debt).toBe(true);
  });
});

describe('forgiving', () => {
  it('lets the window bear so much less, and leaves what was booked', () => {
    const row = forgiven(limit(DAILY), 3n, NOON);
    expect(row.forgiven_nano).toBe(3n);
    expect(standingOf(row, sums(13n), NOON)).toMatchObject({ spent: 10n, debt: 0n, remaining: 0n });
  });
});

describe('thresholds', () => {
  it('are reached by what is booked and held, each once', () => {
    const row = limit(DAILY);
    expect(reached(row, sums(3n, 2n), [50, 80])).toEqual([50]);
    expect(reached({ ...row, told: 50 }, sums(5n, 2n), [50, 80])).toEqual([]);
    expect(reached({ ...row, told: 50 }, sums(12n), [50, 80, 95, 100, 120])).toEqual([80, 95, 100, 120]);
  });
});
