import { describe, expect, it } from '@jest/globals';
import { KnownValues } from './known-values.js';

const LIMITS = { capacity: 8, memory: 1000, warmUp: 4 };

function taught(values: readonly number[], limits = LIMITS): KnownValues {
  const known = new KnownValues(limits);
  for (const value of values) known.take(value);
  return known;
}

describe('KnownValues', () => {
  it('measures a distance by the third largest before, and by what lies behind the nearest', () => {
    const known = taught([0, 100, 120, 121, 122, 123, 124]);
    // The distances were 100, 20, and 1 four times.
    expect(known.take(134)).toMatchObject({ nearest: 124, isolation: 10 });
    expect(taught([0, 100, 120, 121]).take(131).ratio).toBeCloseTo(10, 2);
  });

  it('knows what it took, and nothing in the warm-up', () => {
    expect(taught([0, 1, 2]).take(50)).toEqual({ ratio: 0, isolation: 0, nearest: 2 });
    expect(taught([0, 1, 2, 3, 4]).take(3)).toEqual({ ratio: 0, isolation: 0, nearest: 3 });
    expect(new KnownValues(LIMITS).take(7)).toEqual({ ratio: 0, isolation: 0, nearest: 7 });
  });

  it('takes the first change of a flat line for new without measure', () => {
    expect(taught([5, 5, 5, 5, 5]).take(6)).toEqual({ ratio: Infinity, isolation: Infinity, nearest: 5 });
  });

  it('keeps its bound and both ends, and knows what it has merged', () => {
    const values = Array.from({ length: 300 }, (_, i) => (i * 37) % 101);
    const known = taught(values);
    expect(known.state().values.length).toBe(LIMITS.capacity);
    expect(known.state().ends).toEqual([0, 100]);
    for (const value of values.slice(0, 101)) expect(known.take(value).ratio).toBe(0);
  });

  it('forgets what does not come again', () => {
    const known = taught([0, 1, 2, 90, 3]);
    for (let i = 0; i <= LIMITS.memory; i += 1) known.take(i % 4);
    expect(known.state().values).not.toContain(90);
    expect(known.take(90).ratio).toBeGreaterThan(1);
  });

  it('takes differences of rounding for none', () => {
    expect(taught([0.1, 0.2, 0.3, 0.4, 0.5]).take(0.1 + 0.2)).toMatchObject({ ratio: 0, nearest: 0.3 });
  });
});
