import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError } from '../cli-error.js';
import { scoredRows } from '../immune-score/scored-series.js';
import type { ScoredStream } from './nab-score.js';

const WindowsSchema = z.record(z.string().regex(/^[^/]+\/[^/]+$/), z.array(z.tuple([z.string(), z.string()])));

/** A stream of the benchmark with its scores and its time stamps. */
export interface BenchmarkStream extends ScoredStream {
  readonly timestamps: readonly string[];
}

/**
 * Scores all the streams that a folder's `windows.json` names, each with a new detector.
 * @param folder has `windows.json` and `data/CATEGORY/FILE.csv`, packed as `.gz` or not
 * @throws CliError when a file is absent or not what it should be
 */
export async function scoredStreams(folder: string): Promise<readonly BenchmarkStream[]> {
  const streams: BenchmarkStream[] = [];
  for (const [name, windows] of Object.entries(await readWindows(join(folder, 'windows.json')))) {
    const path = join(folder, 'data', name);
    const [timestamps, scores]: [string[], number[]] = [[], []];
    for await (const row of scoredRows(existsSync(path) ? path : `${path}.gz`)) {
      timestamps.push(row.timestamp);
      scores.push(row.score);
    }
    const rows = new Map(timestamps.map((text, row) => [instantOf(text), row] as const).reverse());
    const rowAt = (text: string): number => {
      const row = rows.get(instantOf(text));
      if (row === undefined) throw new CliError(`${name}: no row has the time ${text} of its window`);
      return row;
    };
    const places = windows.map(([start, end]) => [rowAt(start), rowAt(end)] as const).sort(([a], [b]) => a - b);
    streams.push({ name, category: name.replace(/\/.*/, ''), timestamps, scores, windows: places });
  }
  return streams.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readWindows(path: string): Promise<z.infer<typeof WindowsSchema>> {
  try {
    return WindowsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof z.ZodError) throw new CliError(`${path}: ${z.prettifyError(error)}`);
    throw new CliError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Milliseconds; the same for a time with and without a fraction of a second. */
function instantOf(text: string): number {
  const instant = Date.parse(`${text.trim().replace(' ', 'T')}Z`);
  if (Number.isNaN(instant)) throw new CliError(`"${text}" is not a time stamp`);
  return instant;
}
