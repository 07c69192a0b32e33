/** What one measurement found. */
export interface Figure {
  /** Operations per second. */
  readonly per_second: number;
  /** Null where there is no single operation to time. */
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
}

/** The run in the middle by rate; a shared machine makes single runs swing. */
export function medianOf(runs: readonly Figure[]): Figure {
  const sorted = runs.toSorted((x, y) => x.per_second - y.per_second);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new RangeError('no runs to take the median of');
  return middle;
}

/** Rate and percentiles of latencies in ms, measured over some seconds. */
export function figureOf(latencies: number[], seconds: number): Figure {
  const sorted = latencies.toSorted((x, y) => x - y);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { per_second: Math.round(latencies.length / seconds), p50_ms: round(at(0.5)), p99_ms: round(at(0.99)) };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** Runs something several times and takes the median run. */
export async function measured(runs: number, run: () => Promise<Figure>): Promise<Figure> {
  const figures: Figure[] = [];
  for (let i = 0; i < runs; i += 1) figures.push(await run());
  return medianOf(figures);
}
