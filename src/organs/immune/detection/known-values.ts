import { Yardstick } from './yardstick.js';

/** Limits of the memory of one series at one span. */
export interface KnownValuesLimits {
  /** Representatives that are kept at most. */
  readonly capacity: number;
  /** Values after which a representative that none came to is forgotten, and a distance counts half. */
  readonly memory: number;
  /** First values, that only teach. */
  readonly warmUp: number;
}

/** What `KnownValues` remembers, as plain JSON. */
export interface KnownValuesState {
  /** Representatives in ascending order. */
  readonly values: readonly number[];
  /** Per representative: values since one was last there. */
  readonly seen: readonly number[];
  /** Values taken so far. */
  readonly taken: number;
  /** Smallest and largest value, also of those that are merged; empty before the first. */
  readonly ends: readonly number[];
  /** The largest distances, after decay, in descending order. */
  readonly records: readonly number[];
}

/** How new a value was when it came; both are 0 in the warm-up, and for a value that is known. */
export interface Novelty {
  /** Distance to the nearest known value in units of the third largest such distance before; infinite for a first change. */
  readonly ratio: number;
  /** The same distance in units of what lies between that value and the next one behind it; infinite when there is none. */
  readonly isolation: number;
  readonly nearest: number;
}

/** Differences below this part of the value are of rounding, and none. */
const ROUNDING = 1e-9;

/**
 * A bounded set of representatives of the values that came, which tells how far a new value is from all of them. When it is full, the
 * two closest become one, so that no value that came lies further from a representative than the closest two from each other.
 */
export class KnownValues {
  /** Representatives in ascending order, and the number of the value that was last at each; the first `size` of them. */
  private readonly values: Float64Array;
  private readonly seen: Uint32Array;
  private size: number;
  private taken: number;
  private readonly ends: number[];
  private readonly yardstick: Yardstick;

  constructor(
    private readonly limits: KnownValuesLimits,
    saved?: KnownValuesState,
  ) {
    // One more than is kept: a new value comes in before two become one.
    this.values = new Float64Array(limits.capacity + 1);
    this.seen = new Uint32Array(limits.capacity + 1);
    this.taken = saved?.taken ?? 0;
    this.size = saved?.values.length ?? 0;
    this.values.set(saved?.values ?? []);
    this.seen.set((saved?.seen ?? []).map((age) => this.taken - age));
    this.ends = [...(saved?.ends ?? [])];
    this.yardstick = new Yardstick(limits.memory, saved?.records);
  }

  /** Measures a finite value against those before it, then learns it. */
  take(value: number): Novelty {
    this.forget();
    const place = this.placeOf(value);
    const index = this.nearestTo(value, place);
    const nearest = index < 0 ? value : this.at(index);
    const resolution = Math.max(ROUNDING * Math.abs(value), this.resolution());
    const apart = this.apart(value, nearest);
    const distance = apart > resolution ? apart : 0;
    const isJudged = this.taken >= this.limits.warmUp && distance > 0;
    const ratio = isJudged ? distance / this.yardstick.length : 0;
    const isolation = isJudged ? distance / this.gapBehind(index, value) : 0;
    this.taken += 1;
    this.yardstick.learn(distance, this.taken <= this.limits.warmUp);
    if (index >= 0 && Math.abs(value - nearest) <= resolution) this.seen[index] = this.taken;
    else this.insert(place, value);
    this.ends[0] = Math.min(value, this.ends[0] ?? value);
    this.ends[1] = Math.max(value, this.ends[1] ?? value);
    return { ratio, isolation, nearest };
  }

  state(): KnownValuesState {
    const { taken, ends, size } = this;
    const seen = Array.from(this.seen.subarray(0, size), (at) => taken - at);
    return {
      values: [...this.values.subarray(0, size)],
      seen,
      taken,
      ends: [...ends],
      records: this.yardstick.state(),
    };
  }

  private forget(): void {
    const oldest = this.taken - this.limits.memory;
    if (oldest <= 0) return;
    let kept = 0;
    for (let index = 0; index < this.size; index += 1) {
      const taken = this.seen[index] ?? 0;
      if (taken < oldest) continue;
      this.values[kept] = this.at(index);
      this.seen[kept] = taken;
      kept += 1;
    }
    if (kept === this.size) return;
    this.size = kept;
    this.ends.splice(0, 2, ...(kept === 0 ? [] : [this.at(0), this.at(kept - 1)]));
  }

  /** Index of the first representative that is not below the value. */
  private placeOf(value: number): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the nearest representative; -1 when there is none. */
  private nearestTo(value: number, place: number): number {
    if (place === this.size) return place - 1;
    return place === 0 || this.at(place) - value < value - this.at(place - 1) ? place : place - 1;
  }

  /** Distance to the nearest that came: a representative, or an end that is merged with one. */
  private apart(value: number, nearest: number): number {
    const [low = nearest, high = nearest] = this.ends;
    return Math.min(Math.abs(value - nearest), Math.abs(value - low), Math.abs(value - high));
  }

  /** Distance of a representative to its neighbour away from the value; 0 without one. */
  private gapBehind(index: number, value: number): number {
    if (value > this.at(index)) return index === 0 ? 0 : this.gap(index);
    return index === this.size - 1 ? 0 : this.gap(index + 1);
  }

  /** What lies nearer than the two closest of a full set may have been one of those that were merged: it is known. */
  private resolution(): number {
    return this.size < this.limits.capacity ? 0 : this.gap(this.closest());
  }

  private insert(place: number, value: number): void {
    this.values.copyWithin(place + 1, place, this.size).set([value], place);
    this.seen.copyWithin(place + 1, place, this.size).set([this.taken], place);
    this.size += 1;
    if (this.size > this.limits.capacity) this.mergeClosest();
  }

  /** Of the two closest representatives the one in the denser place goes; the smallest and the largest stay. */
  private mergeClosest(): void {
    const last = this.size - 1;
    const upper = this.closest();
    const dropsLower = upper === last || (upper > 1 && this.gap(upper - 1) < this.gap(upper + 1));
    const [dropped, stays] = dropsLower ? [upper - 1, upper] : [upper, upper - 1];
    this.seen[stays] = Math.max(this.seen[stays] ?? 0, this.seen[dropped] ?? 0);
    this.values.copyWithin(dropped, dropped + 1, this.size);
    this.seen.copyWithin(dropped, dropped + 1, this.size);
    this.size -= 1;
  }

  /** Index of the upper of the two closest representatives. */
  private closest(): number {
    let upper = 1;
    for (let index = 2; index < this.size; index += 1) if (this.gap(index) < this.gap(upper)) upper = index;
    return upper;
  }

  /** Distance of a representative to the one below it. */
  private gap(index: number): number {
    return this.at(index) - this.at(index - 1);
  }

  private at(index: number): number {
    const value = this.values[index];
    if (value === undefined) throw new Error(`no representative ${index} of ${this.size}`);
    return value;
  }
}
