import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  MEMORY_VALUES,
  REST_VALUES,
  SPIKE_THRESHOLD,
  SpikeDetector,
  WARM_UP_VALUES,
  type SpikeState,
} from './spike-detector.js';

/** Bytes of a state as JSON, at most. */
const STATE_BYTES_MAX = 4096;

/** Uniform from 0 to 1, the same on every run (Park and Miller's generator). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Calls that cost 0.02 to 0.06, in an order that comes again. */
function bills(length: number): number[] {
  return Array.from({ length }, (_, i) => 0.02 + 0.04 * (((i * 37) % 60) / 60));
}

const NOISE = {
  uniform: (next: () => number) => 0.02 + 0.04 * next(),
  normal: (next: () => number) => 10 + Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  exponential: (next: () => number) => -Math.log(next()),
};
/** Alerts in 1,000 values that have no order at all: the price of finding small spikes. */
const NOISE_ALERTS_MAX = 1.5;

const scoresOf = (values: readonly number[], detector = new SpikeDetector()) =>
  values.map((value) => detector.next(value).score);
const alertsOf = (values: readonly number[]) =>
  scoresOf(values).flatMap((score, index) => (score >= SPIKE_THRESHOLD ? [index] : []));

describe('SpikeDetector', () => {
  it('finds a value that is ten times too high, and says against what', () => {
    const detector = new SpikeDetector();
    for (const value of bills(1000)) expect(detector.next(value).score).toBeLessThan(SPIKE_THRESHOLD);
    const found = detector.next(0.5);
    expect(found).toMatchObject({ direction: 'up', observed: 0.5, span: 1 });
    expect(found.score).toBeGreaterThanOrEqual(SPIKE_THRESHOLD);
    expect(found.expected).toBeCloseTo(0.06, 2);
  });

  it('finds a fall, and a value in a gap between those before', () => {
    expect(alertsOf([...bills(1000), 0.0001])).toEqual([1000]);
    const two = bills(1000).map((value, index) => (index % 2 === 0 ? value : value + 10));
    expect(alertsOf([...two, 3])).toEqual([1000]);
  });

  it('finds a daily peak that does not come', () => {
    const next = uniform(3);
    const day = (peak: number) => Array.from({ length: 288 }, (_, i) => (i >= 108 && i < 216 ? peak : 20) + next());
    const days = Array.from({ length: 9 }, () => day(80)).flat();
    const alerts = alertsOf([...days, ...day(20)]);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toBeGreaterThanOrEqual(days.length);
  });

  it.each([
    ['a flat line', Array.from({ length: 5000 }, () => 45)],
    ['a slow ramp', Array.from({ length: 5000 }, (_, i) => 100 + i / 100)],
    ['nothing but zeros, of either sign', Array.from({ length: 5000 }, (_, i) => (i % 2 === 0 ? 0 : -0))],
  ])('is quiet on %s', (_, values) => {
    expect(alertsOf(values)).toEqual([]);
  });

  it('is quiet on a rhythm, once it has seen all of it', () => {
    const rhythm = Array.from({ length: 5000 }, (_, i) => 50 + 30 * Math.sin((2 * Math.PI * i) / 288));
    expect(alertsOf(rhythm).filter((index) => index >= 288)).toEqual([]);
  });

  it.each(Object.entries(NOISE))('is almost quiet on %s noise', (_, draw) => {
    const series = Array.from({ length: 20 }, (__, seed) => {
      const next = uniform(104_729 * (seed + 1));
      return Array.from({ length: 5000 }, () => draw(next));
    });
    const alerts = series.reduce((sum, values) => sum + alertsOf(values).length, 0);
    expect(alerts / 100).toBeLessThanOrEqual(NOISE_ALERTS_MAX);
  });

  it('raises nothing in the warm-up, and one alert for what goes on', () => {
    expect(alertsOf([...bills(WARM_UP_VALUES - 1), 1000])).toEqual([]);
    expect(alertsOf([...bills(1000), ...bills(REST_VALUES).map((value) => value * 50)])).toEqual([1000]);
  });

  it('tells the same value once, and again when it was long forgotten', () => {
    const soon = [...bills(1000), 0.5, ...bills(REST_VALUES), 0.5];
    expect(alertsOf(soon)).toEqual([1000]);
    const late = [...soon, ...bills(MEMORY_VALUES + 1), 0.5];
    expect(alertsOf(late)).toEqual([1000, late.length - 1]);
  });

  it.each([1e5, 1e6])('finds a tenfold value right after the rest, after one %f times too high', (factor) => {
    const values = [...bills(1000), 0.04 * factor, ...bills(REST_VALUES), 0.5];
    expect(alertsOf(values)).toEqual([1000, values.length - 1]);
  });

  it('finds a tenfold value after five mistakes, each ten times larger than the one before', () => {
    const mistakes = [1e4, 1e5, 1e6, 1e7, 1e8].flatMap((factor) => [0.04 * factor, ...bills(REST_VALUES)]);
    const values = [...bills(1000), ...mistakes, 0.5];
    expect(alertsOf(values)).toEqual([1000, 1101, 1202, 1303, 1404, 1505]);
  });

  it('gives the same bits from a state that went through JSON', () => {
    const values = [...bills(1500), 7, ...bills(700), -3, 0, 5e-324, 1.7e308, ...bills(700)];
    const whole = new SpikeDetector();
    let parts = new SpikeDetector();
    for (const value of values) {
      parts = new SpikeDetector(JSON.parse(JSON.stringify(parts.state())) as SpikeState);
      expect(parts.next(value)).toStrictEqual(whole.next(value));
    }
    expect(parts.state()).toStrictEqual(whole.state());
  });

  it('scores what it has seen, never what comes: a prefix has the prefix of the scores', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 600 }), (values) => {
        const middle = values.length >> 1;
        expect(scoresOf(values.slice(0, middle))).toEqual(scoresOf(values).slice(0, middle));
        const detector = new SpikeDetector();
        for (const value of values) {
          const { score, observed, expected } = detector.next(value);
          expect(score >= 0 && score <= 1 && Number.isFinite(observed) && Number.isFinite(expected)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what is no number, and learns nothing of it', () => {
    const detector = new SpikeDetector();
    for (const value of bills(300)) detector.next(value);
    const before = detector.state();
    for (const value of [NaN, Infinity, -Infinity]) expect(() => detector.next(value)).toThrow(RangeError);
    expect(detector.state()).toStrictEqual(before);
    expect(() => new SpikeDetector({ rest: 0, spans: [] })).toThrow(RangeError);
  });

  it('holds at most 4 KB of state, whatever comes', () => {
    const next = uniform(1);
    const detector = new SpikeDetector();
    for (let i = 0; i < 60_000; i += 1) detector.next(-(10 ** (300 * next())) * next());
    expect(JSON.stringify(detector.state()).length).toBeLessThanOrEqual(STATE_BYTES_MAX);
  });
});
