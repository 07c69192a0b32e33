import { describe, expect, it } from '@jest/globals';
import { nanoOfNumber } from '../platform/decimal.js';
import { jsonAmount, roundToNano } from './exact-amount.js';

describe('roundToNano', () => {
  it.each([
    ['0', 0n],
    ['0.0', 0n],
    ['1', 1_000_000_000n],
    ['0.0001107', 110_700n],
    ['0.034584000000000004', 34_584_000n],
    ['1.4999999999999999e-05', 15_000n],
    ['5.3475e-05', 53_475n],
    ['2.7402420000000003', 2_740_242_000n],
    ['1e3', 1_000_000_000_000n],
    ['1.5E+2', 150_000_000_000n],
    ['1e-400', 0n],
  ])('reads %s', (text, nano) => {
    expect(roundToNano(text)).toBe(nano);
  });

  it.each([
    ['0.0000000005', 0n],
    ['0.0000000015', 2n],
    ['0.0000000025', 2n],
    ['0.00000000250000000000000001', 3n],
    ['0.0000000035', 4n],
    ['2.5e-9', 2n],
    ['35e-10', 4n],
  ])('rounds the half of %s to even', (text, nano) => {
    expect(roundToNano(text)).toBe(nano);
  });

  it.each([
    '',
    ' ',
    '-1',
    '+1',
    'NaN',
    'Infinity',
    '1e',
    '1.',
    '.5',
    '0x10',
    '1,5',
    '1e99999',
    '1e401',
    '1'.repeat(401),
  ])('refuses %j', (text) => {
    expect(() => roundToNano(text)).toThrow(RangeError);
  });
});

describe('jsonAmount', () => {
  it.each([0n, 1n, 20n, 100n, 110_700n, 75_619_557_446n, 999_999_999_000_000_000n])('carries %s exactly', (nano) => {
    const written: unknown = JSON.parse(JSON.stringify({ amount: jsonAmount(nano) }));
    expect(nanoOfNumber((written as { amount: number }).amount)).toBe(nano);
  });

  it('refuses what a double would bend', () => {
    expect(() => jsonAmount(123_456_789_123_456_789n)).toThrow(/more digits/);
  });
});
