import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkIndependently, HAS_CHECKER } from '../support/checker.js';
import { blocksOf, runBlocks } from '../support/document-shell.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await startTestApp({ BOOTSTRAP_USERNAME: 'maintainer', BOOTSTRAP_PASSWORD: 'choose a long password' });
  folder = await mkdtemp(join(tmpdir(), 'echo-readme-'));
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('the README', () => {
  it('leads from a login to a verified log', async () => {
    const blocks = (await blocksOf('README.md', 'bash', 'Five minutes with curl')).filter(
      (block) => !block.includes('npm start'),
    );
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    const [, allocated, acted, refused, noticed, audited] = await runBlocks(
      blocks.map((block) => block.replaceAll('http://127.0.0.1:8000', app.url)),
      folder,
    );
    expect(allocated).toContain('"allocated_budget":5');
    expect(acted).toContain('"remaining_budget":3.75');
    for (const code of ['METABOLISM.BUDGET_EXCEEDED', 'AGENTS.NOT_CAPABLE', 'IMMUNE.QUARANTINED'])
      expect(refused).toContain(code);
    expect(refused).toContain('"is_quarantined":false');
    expect(noticed).toContain('"answer":"quarantine"');
    expect(noticed).toMatch(/reason: 'asked for email\.send with the same payload 8 times within 120 s'/);
    expect(noticed).toContain('"on_probation":true');
    expect(noticed).toContain('IMMUNE.PROBATION');
    expect(audited).toMatch(/\btrue\b/);
    const [ndjson = '', checkpoint = '', key = ''] = await Promise.all(
      ['export.ndjson', 'checkpoint.txt', 'key.txt'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    if (HAS_CHECKER) expect(await checkIndependently({ export: ndjson, checkpoint, key })).toMatchObject({ status: 0 });
  });
});
