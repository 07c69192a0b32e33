import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { measure, type Measurement } from './measure.js';
import { scoredStreams, type BenchmarkStream } from './streams.js';

const DATA = resolve('../shared/data/nab');
const SCORER = resolve('../shared/tools/nab_score.py');
const HAS_SCORER = existsSync(SCORER) && spawnSync('python3', ['--version']).status === 0;

/** What the detector must reach: standard, reward low FP, reward low FN. */
const FLOOR = [72, 62, 78] as const;
/** Standard score with each category at the threshold of the others. */
const LEFT_OUT_FLOOR = 70;
const ALERTS_PER_1000_MAX = 1.5;

(existsSync(DATA) ? describe : describe.skip)('the Numenta Anomaly Benchmark', () => {
  let streams: readonly BenchmarkStream[];
  let measured: Measurement;

  beforeAll(async () => {
    streams = await scoredStreams(DATA);
    measured = measure(streams);
  });

  it('is passed at the fixed threshold, with one score for all profiles', () => {
    const { profiles, left_out: leftOut, alerts_per_1000_rows: rate } = measured;
    for (const [index, floor] of FLOOR.entries()) expect(profiles[index]?.score).toBeGreaterThanOrEqual(floor);
    expect(leftOut).toBeGreaterThanOrEqual(LEFT_OUT_FLOOR);
    expect(rate).toBeLessThanOrEqual(ALERTS_PER_1000_MAX);
  });

  (HAS_SCORER ? describe : describe.skip)("beside the benchmark's rules in another program", () => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'echo-nab-'));
      for (const { name, timestamps, scores } of streams) {
        const path = join(folder, name);
        await mkdir(dirname(path), { recursive: true });
        const rows = timestamps.map((timestamp, row) => `${timestamp},${scores[row]}\n`);
        await writeFile(path, `timestamp,anomaly_score\n${rows.join('')}`);
      }
    });

    afterAll(() => rm(folder, { recursive: true }));

    /** Score and threshold of each profile, as the other program prints them. */
    const theirs = (...options: string[]) => {
      const { stdout } = spawnSync('python3', [SCORER, join(DATA, 'windows.json'), folder, ...options]);
      const lines = [...stdout.toString().matchAll(/^\w+ +(\S+) .*threshold (\S+)/gm)];
      return lines.map(([, score, threshold]) => ({ score: Number(score), threshold: Number(threshold) }));
    };

    it('is scored alike, at the fixed threshold and at the best', () => {
      const { profiles, threshold } = measured;
      const [fixed, best] = [theirs('--threshold', String(threshold)), theirs()];
      expect(fixed).toHaveLength(profiles.length);
      for (const [index, profile] of profiles.entries()) {
        expect(profile.score).toBeCloseTo(fixed[index]?.score ?? NaN, 1);
        expect(profile.best.score).toBeCloseTo(best[index]?.score ?? NaN, 1);
        expect(profile.best.threshold).toBeCloseTo(best[index]?.threshold ?? NaN, 5);
      }
    });
  });
});
