import { describe, expect, it } from '@jest/globals';
import { firstSpan, laterSpan, sliceAt, type Period } from './period.js';

const at = (text: string): string => `${text.replace(' ', 'T')}.000000Z`;
const calendar = (every: 'minute' | 'hour' | 'day' | 'week' | 'month', zone = 'UTC') =>
  ({ kind: 'calendar', every, time_zone: zone }) as const;

describe('a window of the calendar', () => {
  it.each([
    ['minute', 'UTC', '2026-05-06 07:08:09', '2026-05-06 07:08:00', '2026-05-06 07:09:00'],
    ['hour', 'Asia/Kolkata', '2026-05-06 07:08:09', '2026-05-06 06:30:00', '2026-05-06 07:30:00'],
    ['day', 'Europe/Berlin', '2026-07-01 23:00:00', '2026-07-01 22:00:00', '2026-07-02 22:00:00'],
    ['week', 'UTC', '2026-03-01 12:00:00', '2026-02-23 00:00:00', '2026-03-02 00:00:00'],
    ['month', 'UTC', '2028-02-29 23:59:59', '2028-02-01 00:00:00', '2028-03-01 00:00:00'],
    ['month', 'America/New_York', '2027-02-01 04:59:59', '2027-01-01 05:00:00', '2027-02-01 05:00:00'],
  ] as const)('of a %s in %s holds %s', (every, zone, now, start, end) => {
    expect(firstSpan(calendar(every, zone), at(now))).toEqual({ start: at(start), end: at(end) });
  });

  it('of a day has 23 hours where clocks go forward, and 25 where they go back', () => {
    const spring = firstSpan(calendar('day', 'Europe/Berlin'), at('2026-03-29 12:00:00'));
    expect(spring).toEqual({ start: at('2026-03-28 23:00:00'), end: at('2026-03-29 22:00:00') });
    const autumn = firstSpan(calendar('day', 'Europe/Berlin'), at('2026-10-25 12:00:00'));
    expect(autumn).toEqual({ start: at('2026-10-24 22:00:00'), end: at('2026-10-25 23:00:00') });
  });

  it('of an hour is told from the one of the same name when clocks go back', () => {
    const first = firstSpan(calendar('hour', 'Europe/Berlin'), at('2026-10-25 00:30:00'));
    const second = firstSpan(calendar('hour', 'Europe/Berlin'), at('2026-10-25 01:30:00'));
    expect(first).toEqual({ start: at('2026-10-25 00:00:00'), end: at('2026-10-25 01:00:00') });
    expect(second).toEqual({ start: at('2026-10-25 01:00:00'), end: at('2026-10-25 02:00:00') });
  });

  it('begins where the one before ends, through a whole year of each zone', () => {
    for (const zone of ['Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Beirut', 'UTC']) {
      for (const every of ['day', 'week', 'month'] as const) {
        let span = firstSpan(calendar(every, zone), at('2026-01-01 00:00:00'));
        for (let i = 0; i < (every === 'day' ? 400 : 14) && span.end !== null; i += 1) {
          const next = laterSpan(calendar(every, zone), span, span.end);
          expect(next.start).toBe(span.end);
          expect(next.passed).toBe(1);
          span = next;
        }
      }
    }
  });

  it('counts the windows that went by', () => {
    const days = firstSpan(calendar('day', 'Europe/Berlin'), at('2026-03-27 12:00:00'));
    expect(laterSpan(calendar('day', 'Europe/Berlin'), days, at('2026-04-02 12:00:00')).passed).toBe(6);
    const months = firstSpan(calendar('month'), at('2027-12-31 00:00:00'));
    expect(laterSpan(calendar('month'), months, at('2028-03-01 00:00:00')).passed).toBe(3);
  });
});

describe('other windows', () => {
  it('of some hours follow one another from the first', () => {
    const period: Extract<Period, { kind: 'repeating' }> = { kind: 'repeating', seconds: 36 * 3_600 };
    const first = firstSpan(period, at('2026-01-01 10:00:00'));
    expect(first.end).toBe(at('2026-01-02 22:00:00'));
    expect(laterSpan(period, first, at('2026-01-05 00:00:00'))).toEqual({
      start: at('2026-01-04 10:00:00'),
      end: at('2026-01-05 22:00:00'),
      passed: 2,
    });
  });

  it('roll in slices of a sixtieth', () => {
    expect(sliceAt(3_600, at('2026-01-01 10:07:45'))).toEqual({
      start: at('2026-01-01 10:07:00'),
      end: at('2026-01-01 10:08:00'),
    });
  });

  it('of a lifetime never end', () => {
    expect(firstSpan({ kind: 'lifetime' }, at('2026-01-01 10:00:00')).end).toBeNull();
  });
});
