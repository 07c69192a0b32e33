import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decimalOfNano, nanoOfDecimal, nanoOfNumber, NotADecimalError, numberOfNano } from './decimal.js';

describe('amounts', () => {
  it.each([
    [0, 0n],
    [1e-9, 1n],
    [0.1, 100_000_000n],
    [1.5e-7, 150n],
    [999_999_999.123456, 999_999_999_123_456_000n],
    [1e21, 10n ** 30n],
  ])('reads %p exactly', (number, nano) => {
    expect(nanoOfNumber(number)).toBe(nano);
  });

  it.each([1e-10, 0.1 + 0.2, 1.0000000001, NaN, Infinity])('refuses %p', (number) => {
    expect(() => nanoOfNumber(number)).toThrow(NotADecimalError);
  });

  it.each(['', '1e3', '.5', '1.', '0x1', '1.0000000001', ' 1'])('refuses the text %j', (text) => {
    expect(() => nanoOfDecimal(text)).toThrow(NotADecimalError);
  });

  it('writes decimals that read back as the same, without trailing zeros', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (nano) => {
        const text = decimalOfNano(nano);
        expect(nanoOfDecimal(text)).toBe(nano);
        expect(text).not.toMatch(/^-0$|\.\d*0$|e/);
      }),
    );
  });

  it('gives numbers that carry 15 digits exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), (nano) => {
        expect(nanoOfNumber(numberOfNano(nano))).toBe(nano);
      }),
    );
  });
});
