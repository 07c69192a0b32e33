import { describe, expect, it } from '@jest/globals';
import { bestThreshold } from './best-threshold.js';
import { countAlerts, PROFILES, probationOf, scoreOf, worthOf, type ScoredStream } from './nab-score.js';

const [STANDARD, LOW_FALSE, LOW_MISS] = PROFILES;

/** A stream of 1,000 rows with windows at 300 to 399 and 700 to 799, and these scores. */
function stream(scores: Readonly<Record<number, number>>): ScoredStream {
  const all = Array.from({ length: 1000 }, (_, row) => scores[row] ?? 0);
  const windows = [[300, 399] as const, [700, 799] as const];
  return { name: 'a/b.csv', category: 'a', scores: all, windows };
}

const scored = (scores: Readonly<Record<number, number>>, profile: (typeof PROFILES)[number] = STANDARD) =>
  scoreOf([countAlerts(stream(scores), 0.5)], profile);

describe('the score of the benchmark', () => {
  it('is 0 for silence and 100 for an alert at the start of every window', () => {
    for (const profile of PROFILES) expect(scored({}, profile)).toBe(0);
    expect(scored({ 300: 1, 700: 1 })).toBeCloseTo(100, 10);
  });

  it('takes a window once, by its best alert', () => {
    expect(scored({ 300: 1, 310: 1, 390: 1, 700: 1 })).toBeCloseTo(100, 10);
    expect(scored({ 390: 1 })).toBeGreaterThan(0);
  });

  it('takes false alerts off: most where no window is near, more in the profile that minds them', () => {
    expect(scored({ 200: 1 })).toBeCloseTo((-100 * 0.11) / 4, 10);
    expect(scored({ 200: 1 }, LOW_FALSE)).toBeCloseTo((-100 * 0.22) / 4, 10);
    expect(scored({ 200: 1 }, LOW_MISS)).toBeCloseTo((-100 * 0.11) / 6, 10);
    expect(scored({ 410: 1 })).toBeGreaterThan(scored({ 500: 1 }));
  });

  it('does not score the first rows', () => {
    expect([1000, 4032, 15_902].map(probationOf)).toEqual([150, 604, 750]);
    expect(scored({ 149: 1 })).toBe(0);
    expect(scored({ 150: 1 })).toBeLessThan(0);
  });

  it('weighs a row by its place', () => {
    const { windows } = stream({});
    expect(worthOf(windows, 300)).toEqual({ value: 1, window: 0 });
    expect(worthOf(windows, 299)).toEqual({ value: -1, window: -1 });
    expect(worthOf(windows, 399 + 298)).toEqual({ value: -1, window: -1 });
    expect(worthOf(windows, 750).window).toBe(1);
  });

  it('finds the threshold that is best', () => {
    expect(bestThreshold([stream({ 300: 0.9, 700: 0.7, 500: 0.6 })], STANDARD)).toBe(0.7);
    expect(bestThreshold([stream({ 500: 0.9 })], STANDARD)).toBe(Infinity);
  });
});
