import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAINTAINER } from '../support/api.js';
import { auditFiles, checkIndependently, HAS_CHECKER } from '../support/checker.js';
import { differences, foldExport, readTables } from '../support/fold.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const TRACE = resolve('../shared/data/aider/aider_usage_a.csv.gz');
/** The whole trace is some 5,000 commands, nearly all of one agent and so one after the other. */
const REPLAY_MS = 180_000;

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

interface Report {
  readonly status: number | null;
  readonly json: Record<string, unknown>;
}

/** Runs the built command as a person would, with its report as JSON. */
function replay(...args: string[]): Promise<Report> {
  const command = [
    'dist/src/cli/replay.js',
    TRACE,
    '--url',
    app.url,
    '--username',
    MAINTAINER.username,
    '--keys',
    join(folder, 'keys.json'),
    '--json',
    ...args,
  ];
  const child = spawn(process.execPath, command, { env: { ...process.env, SUBSTRATE_PASSWORD: MAINTAINER.password } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done, fail) => {
    child.once('close', (status) => {
      try {
        done({ status, json: JSON.parse(stdout) as Record<string, unknown> });
      } catch {
        fail(new Error(`replay ended with ${status}: ${stdout}${stderr}`));
      }
    });
  });
}

(existsSync(TRACE) ? describe : describe.skip)('the usage of a real coding agent', () => {
  it(
    'is governed whole: the ledger is the trace, the log verifies, and the tables are its fold',
    async () => {
      const first = await replay();
      expect(first).toMatchObject({ status: 0 });
      const auditor = await app.api.as('auditor');
      const totals = await app.api.get('/metabolism/costs?group_by=cost_type', auditor).expect(200);
      const { items } = totals.body as { items: { unit: string; total: number; entries: number }[] };
      expect(items.reduce((sum, item) => sum + BigInt(Math.round(item.total * 1e9)), 0n)).toBe(75_619_557_446n);
      expect(items.reduce((sum, item) => sum + item.entries, 0)).toBe(2_669);

      const files = await auditFiles(app.url, auditor);
      if (HAS_CHECKER) expect(await checkIndependently(files)).toMatchObject({ status: 0 });
      const verified = await app.api.get('/audit/verify', auditor).expect(200);
      expect(verified.body).toMatchObject({ valid: true, first_break: null });
      const folded = foldExport(files.export);
      expect(differences(folded, await readTables(app.databaseUrl))).toEqual([]);
      expect(folded.get('cost_ledger')?.size).toBe(2_669);
    },
    REPLAY_MS,
  );

  it(
    'may be replayed again within a day: nothing is done twice',
    async () => {
      const before = (await readTables(app.databaseUrl)).get('cost_ledger');
      expect(await replay('--limit', '2000')).toMatchObject({ status: 0 });
      expect((await readTables(app.databaseUrl)).get('cost_ledger')).toEqual(before);
    },
    REPLAY_MS,
  );
});
