import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { blocksOf, runBlocks } from '../support/document-shell.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await startTestApp();
  folder = await mkdtemp(join(tmpdir(), 'echo-observations-'));
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('the example of docs/observations.md', () => {
  it('leads from a report to a decision', async () => {
    const blocks = await blocksOf('docs/observations.md', 'bash');
    const OPERATOR = await app.api.as('operator');
    const words = await runBlocks(blocks, folder, { API: `${app.url}/api/v1`, HOME: folder, OPERATOR });
    const said = (i: number): string[] => (words[i] ?? '').trim().split('\n');
    expect(said(1)).toEqual(['300', '1']);
    expect(said(2)).toEqual([
      'rack-7 host load: the value was 36, where 6 is the nearest that was usual',
      'fans at full speed',
    ]);
    expect(said(3)).toEqual(['resolved', 'IMMUNE.ALREADY_DECIDED']);
  });
});
