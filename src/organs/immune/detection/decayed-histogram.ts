import type { JsonObject } from '../../../platform/json.js';
import { savedList, savedNumber } from './saved-state.js';

/** Buckets in each doubling: a quantile is right within 2^(1/4), a fifth. */
const PER_DOUBLING = 4;
/** Buckets on each side of 1: values from 2^-50 to 2^50. */
const HALF = 50 * PER_DOUBLING;
const BUCKETS = 2 * HALF + 1;
/** New values weigh so much more after each one that the weight of an old one is halved by this many newer ones. */
const HALF_LIFE = 100_000;
const GROWTH = 2 ** (1 / HALF_LIFE);
/** Weights are scaled down before they lose digits. */
const WEIGHT_MAX = 2 ** 40;

/** A distribution of positive values on a logarithmic scale, in which older values fade. */
export class DecayedHistogram {
  private readonly weights = new Float64Array(BUCKETS);
  private weight: number;
  private total: number;

  constructor(saved: JsonObject | null) {
    this.weight = savedNumber(saved, 'weight') || 1;
    this.total = savedNumber(saved, 'total');
    for (const pair of savedList(saved, 'buckets')) {
      const [bucket, weight] = pair as [number, number];
      this.weights[bucket] = weight;
    }
  }

  /** How many values of the newest weight it is worth. */
  get size(): number {
    return this.total / this.weight;
  }

  add(value: number): void {
    this.weight *= GROWTH;
    const bucket = bucketOf(value);
    this.weights[bucket] = (this.weights[bucket] ?? 0) + this.weight;
    this.total += this.weight;
    if (this.weight > WEIGHT_MAX) this.scale();
  }

  /** The value that a share of all values do not exceed, from above within a bucket; null where there is none. */
  quantile(share: number): number | null {
    let above = this.total * (1 - share);
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket -= 1) {
      const weight = this.weights[bucket] ?? 0;
      if (weight === 0) continue;
      above -= weight;
      if (above < 0) return 2 ** ((bucket - HALF) / PER_DOUBLING);
    }
    return null;
  }

  state(): JsonObject {
    const buckets = [...this.weights.entries()].filter(([, weight]) => weight > 0).map((pair) => [...pair]);
    return { weight: this.weight, total: this.total, buckets };
  }

  private scale(): void {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) this.weights[bucket] = (this.weights[bucket] ?? 0) / WEIGHT_MAX;
    this.total /= WEIGHT_MAX;
    this.weight /= WEIGHT_MAX;
  }
}

/** The first bucket whose upper end is not below the value. */
function bucketOf(value: number): number {
  if (!(value > 0)) return 0;
  return Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log2(value) * PER_DOUBLING) + HALF));
}
