import { probationOf, worthOf, type Profile, type ScoredStream } from './nab-score.js';

/** The row of a stream, as something that may be alerted. */
interface Point {
  readonly score: number;
  readonly worth: number;
  /** Key of the window it is in; null outside. */
  readonly window: string | null;
}

/**
 * The threshold that makes most of these streams' scores together; Infinity when no alert is best. A score of 0 is never an alert.
 * One pass from the highest score down: each threshold adds the rows that have it.
 */
export function bestThreshold(streams: readonly ScoredStream[], { falseAlert, miss }: Profile): number {
  const points = streams.flatMap(pointsOf).sort((a, b) => b.score - a.score);
  const found = new Map<string, number>();
  let [raw, best, threshold] = [0, 0, Infinity];
  for (const [index, { score, worth, window }] of points.entries()) {
    if (window === null) raw += falseAlert * worth;
    else {
      const before = found.get(window) ?? -miss;
      if (worth > before) {
        raw += worth - before;
        found.set(window, worth);
      }
    }
    if (points[index + 1]?.score !== score && raw > best) [best, threshold] = [raw, score];
  }
  return threshold;
}

function pointsOf({ name, scores, windows }: ScoredStream): Point[] {
  const points: Point[] = [];
  for (let row = probationOf(scores.length); row < scores.length; row += 1) {
    const score = scores[row] ?? 0;
    if (score === 0) continue;
    const { value, window } = worthOf(windows, row);
    points.push({ score, worth: value, window: window < 0 ? null : `${name} ${window}` });
  }
  return points;
}
