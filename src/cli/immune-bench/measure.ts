import { SPIKE_THRESHOLD } from '../immune-score/scored-series.js';
import { bestThreshold } from './best-threshold.js';
import { countAlerts, PROFILES, scoreOf, type ScoredStream } from './nab-score.js';
import type { BenchmarkStream } from './streams.js';

/** What the benchmark says of the detector; scores are 0 for one that is silent, and 100 at most. */
export interface Measurement {
  readonly threshold: number;
  readonly streams: number;
  readonly rows: number;
  readonly windows: number;
  readonly found: number;
  /** Also those in the part that is not scored. */
  readonly alerts_per_1000_rows: number;
  readonly profiles: readonly {
    readonly profile: string;
    readonly score: number;
    readonly best: { readonly threshold: number; readonly score: number };
  }[];
  /** Standard score with each category's threshold chosen on the others only. */
  readonly left_out: number;
  readonly categories: readonly CategoryMeasurement[];
  readonly files: readonly FileMeasurement[];
}

interface CategoryMeasurement {
  readonly category: string;
  readonly streams: number;
  readonly windows: number;
  /** Standard, reward low FP, reward low FN; null without a window. */
  readonly scores: readonly (number | null)[];
  readonly false_alerts: number;
  /** The threshold that is best for the other categories, and the standard score here with it. */
  readonly left_out: { readonly threshold: number; readonly score: number | null };
}

interface FileMeasurement {
  readonly file: string;
  readonly rows: number;
  readonly windows: number;
  readonly found: number;
  readonly false_alerts: number;
  /** Starts of the windows without an alert. */
  readonly missed: readonly string[];
}

const [STANDARD] = PROFILES;

/** Counts the streams at `SPIKE_THRESHOLD`, and at thresholds that are chosen on the streams themselves. */
export function measure(streams: readonly BenchmarkStream[]): Measurement {
  const files = streams.map(fileOf);
  const rows = total(files.map((file) => file.rows));
  const alerts = total(streams.map(({ scores }) => scores.filter((score) => score >= SPIKE_THRESHOLD).length));
  const categories = [...new Set(streams.map(({ category }) => category))].map((category) =>
    categoryOf(category, streams),
  );
  const leftOut = streams.map((stream) => {
    const own = categories.find(({ category }) => category === stream.category);
    return countAlerts(stream, own?.left_out.threshold ?? SPIKE_THRESHOLD);
  });
  return {
    threshold: SPIKE_THRESHOLD,
    streams: streams.length,
    rows,
    windows: total(files.map((file) => file.windows)),
    found: total(files.map((file) => file.found)),
    alerts_per_1000_rows: (1000 * alerts) / rows,
    profiles: PROFILES.map((profile) => {
      const best = bestThreshold(streams, profile);
      return {
        profile: profile.name,
        score: scoreAt(streams, SPIKE_THRESHOLD, profile),
        best: { threshold: best, score: scoreAt(streams, best, profile) },
      };
    }),
    left_out: scoreOf(leftOut, STANDARD),
    categories,
    files,
  };
}

function categoryOf(category: string, streams: readonly ScoredStream[]): CategoryMeasurement {
  const own = streams.filter((stream) => stream.category === category);
  const windows = total(own.map((stream) => stream.windows.length));
  const known = (score: number): number | null => (windows === 0 ? null : score);
  const threshold = bestThreshold(
    streams.filter((stream) => stream.category !== category),
    STANDARD,
  );
  return {
    category,
    streams: own.length,
    windows,
    scores: PROFILES.map((profile) => known(scoreAt(own, SPIKE_THRESHOLD, profile))),
    false_alerts: total(own.map((stream) => countAlerts(stream, SPIKE_THRESHOLD).falseAlerts)),
    left_out: { threshold, score: known(scoreAt(own, threshold, STANDARD)) },
  };
}

function fileOf(stream: BenchmarkStream): FileMeasurement {
  const { found, falseAlerts } = countAlerts(stream, SPIKE_THRESHOLD);
  const missed = stream.windows.filter((_, index) => found[index] === null);
  return {
    file: stream.name,
    rows: stream.scores.length,
    windows: found.length,
    found: found.length - missed.length,
    false_alerts: falseAlerts,
    missed: missed.map(([first]) => stream.timestamps[first] ?? ''),
  };
}

function scoreAt(streams: readonly ScoredStream[], threshold: number, profile: (typeof PROFILES)[number]): number {
  return scoreOf(
    streams.map((stream) => countAlerts(stream, threshold)),
    profile,
  );
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
