import type { JsonObject } from '../../../platform/json.js';
import { savedNumber, savedNumbers } from './saved-state.js';

/** A window is counted in so many slots; it covers up to one slot more than its length, and so does the past that it is held against. */
const SLOTS = 12;
/** The past is the highest count of each such span; it counts when one more span is over, so that a runaway does not teach what is usual. */
const SPAN_MS = 5 * 60_000;

/** Counts events in a sliding window, and the most that one ever had. */
export class RateMeter {
  /** Number of the newest slot since 1970, and the counts of the last ones, newest last. */
  private slot: number;
  private readonly counts: number[];
  private sum: number;
  private span: number;
  private highest: number;
  private highestBefore: number;
  private peak: number;

  constructor(saved: JsonObject | null) {
    this.slot = savedNumber(saved, 'slot');
    const counts = savedNumbers(saved, 'counts');
    this.counts = counts.length === SLOTS + 1 ? counts : Array.from({ length: SLOTS + 1 }, () => 0);
    this.sum = this.counts.reduce((sum, each) => sum + each, 0);
    this.span = savedNumber(saved, 'span');
    this.highest = savedNumber(saved, 'highest');
    this.highestBefore = savedNumber(saved, 'highest_before');
    this.peak = savedNumber(saved, 'peak');
  }

  /** Counts an event; answers how many the window that ends with it has. */
  add(at: number, windowSeconds: number): number {
    this.endSpans(Math.floor(at / SPAN_MS));
    this.moveTo(at, windowSeconds);
    this.counts[SLOTS] = (this.counts[SLOTS] ?? 0) + 1;
    this.sum += 1;
    this.highest = Math.max(this.highest, this.sum);
    return this.sum;
  }

  /** How many events the window has that ends at a moment. */
  countAt(at: number, windowSeconds: number): number {
    this.moveTo(at, windowSeconds);
    return this.sum;
  }

  /** The most that a window had before about the last five minutes; 0 where none was. */
  get usual(): number {
    return this.peak;
  }

  /** Makes the past count less. */
  fade(factor: number): void {
    this.peak *= factor;
  }

  state(): JsonObject {
    const { slot, counts, span, highest, highestBefore, peak } = this;
    return { slot, counts: [...counts], span, highest, highest_before: highestBefore, peak };
  }

  private endSpans(span: number): void {
    if (span <= this.span) return;
    const isNext = span === this.span + 1;
    this.peak = Math.max(this.peak, this.highestBefore, isNext ? 0 : this.highest);
    this.highestBefore = isNext ? this.highest : 0;
    this.highest = 0;
    this.span = span;
  }

  private moveTo(at: number, windowSeconds: number): void {
    const slot = Math.floor((at * SLOTS) / (windowSeconds * 1000));
    for (let steps = Math.min(slot - this.slot, SLOTS + 1); steps > 0; steps -= 1) {
      this.sum -= this.counts.shift() ?? 0;
      this.counts.push(0);
    }
    this.slot = Math.max(slot, this.slot);
  }
}
