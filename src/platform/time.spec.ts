import { describe, expect, it } from '@jest/globals';
import { plusSeconds, secondsBetween, timestampOfPostgres, timestampOfRfc3339 } from './time.js';

describe('moments', () => {
  it.each([
    ['2026-01-02 03:04:05+00', '2026-01-02T03:04:05.000000Z'],
    ['2026-01-02 03:04:05.6+00', '2026-01-02T03:04:05.600000Z'],
    ['2026-01-02 03:04:05.000001+00', '2026-01-02T03:04:05.000001Z'],
  ])('reads %s from PostgreSQL', (text, moment) => {
    expect(timestampOfPostgres(text)).toBe(moment);
  });

  it.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000000Z'],
    ['2026-01-31T12:00:00.123456789+01:30', '2026-01-31T10:30:00.123456Z'],
    ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000Z'],
  ])('reads %s', (text, moment) => {
    expect(timestampOfRfc3339(text)).toBe(moment);
  });

  it.each([
    '2026-02-30T00:00:00Z',
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-01-31 12:00:00Z',
    '2026-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
  ])('refuses %s', (text) => {
    expect(timestampOfRfc3339(text)).toBeNull();
  });

  it('adds and subtracts to the microsecond', () => {
    expect(plusSeconds('2026-12-31T23:59:59.999999Z', 0.000001)).toBe('2027-01-01T00:00:00.000000Z');
    expect(plusSeconds('1969-12-31T23:59:59.500000Z', -0.25)).toBe('1969-12-31T23:59:59.250000Z');
    expect(secondsBetween('2026-01-01T00:00:00.250000Z', '2026-01-01T00:01:00.000000Z')).toBe(59.75);
  });
});
