import type { JsonObject } from '../../../platform/json.js';
import { savedNumber } from './saved-state.js';

/** From this score on a value is a spike. */
export const SPIKE_THRESHOLD = 0.9;

/** Placeholder: a z-score of logarithms against exponentially weighted mean and variance. */
export class SpikeDetector {
  private n: number;
  private mean: number;
  private variance: number;

  constructor(saved?: JsonObject) {
    this.n = savedNumber(saved ?? null, 'n');
    this.mean = savedNumber(saved ?? null, 'mean');
    this.variance = savedNumber(saved ?? null, 'variance');
  }

  next(value: number): { score: number; expected: number; direction: 'up' | 'down' } {
    const x = Math.log1p(Math.max(0, value));
    const difference = x - this.mean;
    const z = this.n < 30 ? 0 : difference / Math.sqrt(this.variance + 0.05);
    const expected = Math.expm1(this.mean);
    this.n += 1;
    const rate = Math.max(0.02, 1 / this.n);
    this.mean += rate * difference;
    this.variance += rate * (difference * difference - this.variance);
    return { score: 1 - Math.exp(-Math.abs(z) / 3), expected, direction: difference >= 0 ? 'up' : 'down' };
  }

  state(): JsonObject {
    return { n: this.n, mean: this.mean, variance: this.variance };
  }
}
