/** Weights of one way to count: an alert outside of all windows, and a window without an alert; one that is found is worth 1. */
export interface Profile {
  readonly name: string;
  readonly falseAlert: number;
  readonly miss: number;
}

/** The three profiles of the benchmark. */
export const PROFILES = [
  { name: 'standard', falseAlert: 0.11, miss: 1 },
  { name: 'reward low FP', falseAlert: 0.22, miss: 1 },
  { name: 'reward low FN', falseAlert: 0.11, miss: 2 },
] as const satisfies readonly Profile[];

/** The first part of a stream is not scored, of at most so many rows. */
const PROBATION_PART = 0.15;
const PROBATION_ROWS_MAX = 750;
/** Lengths of a window behind it from where an alert is wholly false. */
const FAR_BEHIND = 3;
const STEEPNESS = 5;

/** A stream with its scores, ready to be counted. */
export interface ScoredStream {
  /** As the benchmark names it: CATEGORY/FILE.csv. */
  readonly name: string;
  readonly category: string;
  /** 0 to 1, of each row. */
  readonly scores: readonly number[];
  /** First and last row of each anomaly window, in order. */
  readonly windows: readonly (readonly [number, number])[];
}

/** What an alert on a row is worth: in a window up to 1 at its start, outside down to -1 in units of a false alert. */
interface Worth {
  readonly value: number;
  /** Index of the window; -1 outside. */
  readonly window: number;
}

/** Scaled sigmoid of the benchmark: 0.98661 at the start of a window (-1), 0 at its end, -1 far behind. */
function sigmoid(y: number): number {
  return y > FAR_BEHIND ? -1 : 2 / (1 + Math.exp(STEEPNESS * y)) - 1;
}

/** Rows at the start of a stream from which a detector may learn unscored. */
export function probationOf(rows: number): number {
  return Math.min(Math.floor(PROBATION_PART * rows), PROBATION_ROWS_MAX);
}

/** Source: Lavin and Ahmad, Evaluating Real-time Anomaly Detection Algorithms (2015), and the scoring rules beside the data. */
export function worthOf(windows: ScoredStream['windows'], row: number): Worth {
  const inside = windows.findIndex(([first, last]) => first <= row && row <= last);
  const window = windows[inside];
  if (window !== undefined) {
    const [first, last] = window;
    return { value: sigmoid(-(last - row + 1) / (last - first + 1)) / sigmoid(-1), window: inside };
  }
  const before = windows.findLast(([, last]) => last < row);
  return { value: before ? sigmoid((row - before[1]) / (before[1] - before[0])) : -1, window: -1 };
}

/** The windows' best alerts and the false alerts of one stream at a threshold. */
export interface Count {
  /** Of each window: the worth of its best alert; null when it has none. */
  readonly found: readonly (number | null)[];
  /** Alerts outside of windows, and the sum of their worth. */
  readonly falseAlerts: number;
  readonly falseWorth: number;
}

/** Counts the alerts of a stream: the rows after the probation with `threshold` and more. */
export function countAlerts({ scores, windows }: ScoredStream, threshold: number): Count {
  const found = windows.map((): number | null => null);
  let [falseAlerts, falseWorth] = [0, 0];
  for (let row = probationOf(scores.length); row < scores.length; row += 1) {
    if ((scores[row] ?? 0) < threshold) continue;
    const { value, window } = worthOf(windows, row);
    if (window >= 0) found[window] = Math.max(found[window] ?? value, value);
    else [falseAlerts, falseWorth] = [falseAlerts + 1, falseWorth + value];
  }
  return { found, falseAlerts, falseWorth };
}

/** 0 for a detector that never alerts, 100 for one that alerts at the start of every window only; NaN without a window. */
export function scoreOf(counts: readonly Count[], { falseAlert, miss }: Profile): number {
  let [raw, windows] = [0, 0];
  for (const { found, falseWorth } of counts) {
    raw += falseAlert * falseWorth;
    for (const worth of found) raw += worth ?? -miss;
    windows += found.length;
  }
  return (100 * (raw + miss * windows)) / ((1 + miss) * windows);
}
