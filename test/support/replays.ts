import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAINTAINER } from './api.js';
import { auditFiles, checkIndependently, HAS_CHECKER } from './checker.js';
import { differences, foldExport, readTables } from './fold.js';
import { runCli } from './run-cli.js';
import { startTestApp, type TestApp } from './test-app.js';

/** A recorded trace, and what its ledger must hold. */
export interface ReplayedTrace {
  readonly name: string;
  readonly file: string;
  readonly options: readonly string[];
  /** Nano-units, reckoned without the substrate. */
  readonly nano: () => bigint;
  readonly entries: number;
}

export const AIDER = resolve('../shared/data/aider/aider_usage_a.csv.gz');
export const AZURE = resolve('../shared/data/azure/AzureLLMInferenceTrace_conv.csv.gz');

/** Dollars of the first calls of Azure's trace at so many nano-dollars a token, each call rounded by itself (these prices need none). */
export function azureDollars(rows: number, input: bigint, output: bigint): bigint {
  const lines = gunzipSync(readFileSync(AZURE))
    .toString('utf8')
    .trimEnd()
    .split('\r\n')
    .slice(1, rows + 1);
  return lines.reduce((sum, line) => {
    const [, context = '0', generated = '0'] = line.split(',');
    return sum + BigInt(context) * input + BigInt(generated) * output;
  }, 0n);
}

/** The larger trace is some 40,000 commands. */
const REPLAY_MS = 300_000;

/** Replays traces on a server each, and looks whether ledger, log and tables are what they must be. */
export function testReplays(traces: readonly ReplayedTrace[]): void {
  describe.each(traces)('$name', ({ file, options, nano, entries }) => {
    const on = existsSync(file) ? it : it.skip;
    let app: TestApp;
    let folder: string;

    beforeAll(async () => {
      app = await startTestApp();
      folder = await mkdtemp(join(tmpdir(), 'echo-replay-'));
    });

    afterAll(async () => {
      await app.close();
      await rm(folder, { recursive: true });
    });

    /** Runs the command as a person would. */
    const replay = (...args: string[]) => {
      const whom = ['--url', app.url, '--username', MAINTAINER.username, '--keys', join(folder, 'keys.json')];
      return runCli('replay', [file, ...whom, '--concurrency', '64', '--json', ...options, ...args], {
        SUBSTRATE_PASSWORD: MAINTAINER.password,
      });
    };

    on(
      'is governed whole: the ledger is the trace, the log verifies, and the tables are its fold',
      async () => {
        const first = await replay();
        expect(first).toMatchObject({ status: 0 });
        expect(JSON.parse(first.stdout)).toMatchObject({ ok: true, missed: '0', ledger: { difference: '0' } });
        const auditor = await app.api.as('auditor');
        const totals = await app.api.get('/metabolism/costs?group_by=cost_type', auditor).expect(200);
        const { items } = totals.body as { items: { unit: string; total: number; entries: number }[] };
        expect(items.reduce((sum, item) => sum + BigInt(Math.round(item.total * 1e9)), 0n)).toBe(nano());
        expect(items.reduce((sum, item) => sum + item.entries, 0)).toBe(entries);

        const files = await auditFiles(app.url, auditor);
        if (HAS_CHECKER) expect(await checkIndependently(files)).toMatchObject({ status: 0 });
        const verified = await app.api.get('/audit/verify', auditor).expect(200);
        expect(verified.body).toMatchObject({ valid: true, first_break: null });
        const folded = foldExport(files.export);
        expect(differences(folded, await readTables(app.databaseUrl))).toEqual([]);
        expect(folded.get('cost_ledger')?.size).toBe(entries);
        expect(await runCli('doctor', ['--database', app.databaseUrl])).toMatchObject({ status: 0 });
      },
      REPLAY_MS,
    );

    on(
      'may be replayed again within a day: nothing is done twice',
      async () => {
        const before = (await readTables(app.databaseUrl)).get('cost_ledger');
        expect(await replay('--limit', '300')).toMatchObject({ status: 0 });
        expect((await readTables(app.databaseUrl)).get('cost_ledger')).toEqual(before);
      },
      REPLAY_MS,
    );
  });
}
