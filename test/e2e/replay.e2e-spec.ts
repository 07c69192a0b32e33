import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAINTAINER } from '../support/api.js';
import { auditFiles, checkIndependently, HAS_CHECKER } from '../support/checker.js';
import { differences, foldExport, readTables } from '../support/fold.js';
import { runCli } from '../support/run-cli.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Real traces, and what their ledger must hold. */
const TRACES = [
  {
    name: 'the usage of a real coding agent',
    file: resolve('../shared/data/aider/aider_usage_a.csv.gz'),
    nano: 75_619_557_446n,
    entries: 2_669,
    again: ['--limit', '2000'],
  },
  {
    name: 'an hour of a cloud’s inference service',
    file: resolve('../shared/data/azure/AzureLLMInferenceTrace_conv.csv.gz'),
    nano: 26_450_535_000_000_000n,
    entries: 19_366,
    again: ['--limit', '500'],
  },
];
/** The larger trace is some 40,000 commands. */
const REPLAY_MS = 240_000;

describe.each(TRACES)('$name', ({ file, nano, entries, again }) => {
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
    return runCli('replay', [file, ...whom, '--concurrency', '64', '--json', ...args], {
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
      expect(items.reduce((sum, item) => sum + BigInt(Math.round(item.total * 1e9)), 0n)).toBe(nano);
      expect(items.reduce((sum, item) => sum + item.entries, 0)).toBe(entries);

      const files = await auditFiles(app.url, auditor);
      if (HAS_CHECKER) expect(await checkIndependently(files)).toMatchObject({ status: 0 });
      const verified = await app.api.get('/audit/verify', auditor).expect(200);
      expect(verified.body).toMatchObject({ valid: true, first_break: null });
      const folded = foldExport(files.export);
      expect(differences(folded, await readTables(app.databaseUrl))).toEqual([]);
      expect(folded.get('cost_ledger')?.size).toBe(entries);
    },
    REPLAY_MS,
  );

  on(
    'may be replayed again within a day: nothing is done twice',
    async () => {
      const before = (await readTables(app.databaseUrl)).get('cost_ledger');
      expect(await replay(...again)).toMatchObject({ status: 0 });
      expect((await readTables(app.databaseUrl)).get('cost_ledger')).toEqual(before);
    },
    REPLAY_MS,
  );
});
