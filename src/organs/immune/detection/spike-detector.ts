import { KnownValues, type KnownValuesLimits, type KnownValuesState } from './known-values.js';

/** A score from here on is an alert. */
export const SPIKE_THRESHOLD = 0.5;

/**
 * Spans, in values: a value itself, and the means of so many values one after the other. Twelves divide hours and days, so that
 * equal parts of a daily rhythm are compared.
 */
export const SPANS = [1, 12, 144] as const;
/** Representatives that are kept of each span: more change no score, fewer miss gaps; together they fit in 4 KB. */
export const CAPACITIES = [64, 32, 24] as const;
/** Distance, in parts of the third largest before, that is a spike; for the mean of n values √n times that, as their records are more frequent. */
export const SPIKE_RATIO = 0.21;
/**
 * And so many times as far from the nearest known value as that one is from its neighbour behind it, so that a tail which thins out
 * is no row of spikes. Source: the nearest-neighbour rule of de Ridder, Tax and Duin, An experimental comparison of one-class
 * classification methods (1998), which has 1.
 */
export const SPIKE_ISOLATION = 1.6;
/** Values after an alert that raise no other, so that one cause is told once: some eight hours at 5 minutes a value. */
export const REST_VALUES = 100;
/** First values of a series that raise no alert: a dozen dozens, half a day at 5 minutes a value. */
export const WARM_UP_VALUES = 144;
/** Means of each span that only teach. */
export const WARM_UP_MEANS = 12;
/** Values after which what did not come again is forgotten, and is new when it comes; and by which the largest distances fall by half. */
export const MEMORY_VALUES = 20_000;

/** What is known of a series, as plain JSON of at most 4 KB; a detector made of it goes on with the same bits. */
export interface SpikeState {
  /** Values for which no alert is raised yet, because one was. */
  readonly rest: number;
  /** One entry a span, in the order of `SPANS`. */
  readonly spans: readonly SpanState[];
}

interface SpanState extends KnownValuesState {
  /** Roots of the values of the mean that is not complete, and how many they are. */
  readonly sum: number;
  readonly count: number;
}

/** How unusual a value is, and against what. */
export interface SpikeScore {
  /** 0 (known, or not judged) to 1; `SPIKE_THRESHOLD` and more is an alert. */
  readonly score: number;
  /** Where `observed` lies from `expected`; 'none' when they are equal. */
  readonly direction: 'up' | 'down' | 'none';
  /** Unit of the series: what was judged, the value or the level of the last `span` values (the mean of their roots, squared). */
  readonly observed: number;
  /** Unit of the series: the nearest to it that is known. */
  readonly expected: number;
  /** Values that were judged together: 1, 12 or 144. */
  readonly span: number;
}

/**
 * Finds values of a series that are unlike all before, one value at a time, in memory and time that do not grow. It knows no clock:
 * the values of a series should be of like kind, such as the cost of each call or the calls of each 5 minutes.
 */
export class SpikeDetector {
  private readonly spans: readonly Span[];
  private rest: number;

  /** @throws RangeError when `saved` is not the state of such a detector */
  constructor(saved?: SpikeState) {
    if (saved !== undefined && saved.spans.length !== SPANS.length)
      throw new RangeError(`the state of a series has ${SPANS.length} spans, this one ${saved.spans.length}`);
    this.spans = LIMITS.map((limits, index) => new Span(SPANS[index] ?? 1, limits, saved?.spans[index]));
    this.rest = saved?.rest ?? 0;
  }

  /**
   * Judges a value by those before it, and learns it.
   * @throws RangeError when the value is not finite; nothing is changed then
   */
  next(value: number): SpikeScore {
    if (!Number.isFinite(value)) throw new RangeError(`a value of a series must be a finite number, this is ${value}`);
    const root = signedRoot(value);
    const judged = this.spans.map((span) => span.add(root)).filter((result) => result !== null);
    const newest = judged.reduce((most, result) => (result.excess > most.excess ? result : most));
    const score = this.rest > 0 ? 0 : scoreOf(newest.excess);
    if (this.rest > 0) this.rest -= 1;
    else if (score >= SPIKE_THRESHOLD) this.rest = REST_VALUES;
    const { observed, nearest, span } = newest;
    const direction = observed > nearest ? 'up' : observed < nearest ? 'down' : 'none';
    return { score, direction, observed: span === 1 ? value : square(observed), expected: square(nearest), span };
  }

  state(): SpikeState {
    return { rest: this.rest, spans: this.spans.map((span) => span.state()) };
  }
}

/** One span's part of the limits; shared by all series. */
const LIMITS: readonly KnownValuesLimits[] = SPANS.map((span, index) => ({
  capacity: CAPACITIES[index] ?? 0,
  memory: MEMORY_VALUES / span,
  warmUp: Math.max(WARM_UP_VALUES / span, WARM_UP_MEANS),
}));

/** The means of one span, and how new each is. */
class Span {
  private readonly known: KnownValues;
  private sum: number;
  private count: number;

  constructor(
    private readonly span: number,
    limits: KnownValuesLimits,
    saved?: SpanState,
  ) {
    this.known = new KnownValues(limits, saved);
    this.sum = saved?.sum ?? 0;
    this.count = saved?.count ?? 0;
  }

  /** Takes the root of a value; null unless it completes a mean. `excess` is 1 at a spike. */
  add(root: number): { excess: number; observed: number; nearest: number; span: number } | null {
    this.sum += root;
    this.count += 1;
    if (this.count < this.span) return null;
    const observed = this.sum / this.count;
    [this.sum, this.count] = [0, 0];
    const { ratio, isolation, nearest } = this.known.take(observed);
    const excess = Math.min(ratio / (SPIKE_RATIO * Math.sqrt(this.span)), isolation / SPIKE_ISOLATION);
    return { excess, observed, nearest, span: this.span };
  }

  state(): SpanState {
    return { sum: this.sum, count: this.count, ...this.known.state() };
  }
}

/**
 * Values are compared by their square roots, which make the spread of counts the same at every level (Bartlett 1936) and leave the
 * unit free. No negative zero, which JSON does not tell from zero.
 */
function signedRoot(value: number): number {
  return (value < 0 ? -Math.sqrt(-value) : Math.sqrt(value)) + 0;
}

function square(root: number): number {
  return root * Math.abs(root);
}

/** 0 at none, 0.5 where `excess` is 1, 1 at infinity. */
function scoreOf(excess: number): number {
  return excess === Infinity ? 1 : excess / (1 + excess);
}
