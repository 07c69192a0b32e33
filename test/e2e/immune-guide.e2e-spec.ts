import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { blocksOf, runBlocks } from '../support/document-shell.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const STUCK = 'asked for page.read with the same payload 8 times within 120 s';

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await startTestApp();
  folder = await mkdtemp(join(tmpdir(), 'echo-immune-'));
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('the example of docs/immune.md', () => {
  it('leads from a back-test to a termination', async () => {
    const blocks = await blocksOf('docs/immune.md', 'bash');
    const { api } = app;
    const people = {
      OPERATOR: await api.as('operator'),
      ARCHITECT: await api.as('intent_architect'),
      ARBITER: await api.as('arbiter'),
    };
    const words = await runBlocks(blocks, folder, { API: `${app.url}/api/v1`, HOME: folder, ...people });
    const said = (i: number): string[] => (words[i] ?? '').trim().split('\n');
    expect(said(2)).toEqual([`poller ${STUCK}`, 'nobody']);
    expect(said(3)).toEqual(['1', '2', `reader ${STUCK}`, 'false']);
    expect(said(4)).toEqual([
      '3',
      expect.stringMatching(/^loop\/3\/reader\/\d+$/),
      expect.stringMatching(/^times the same action with the same payload: 8 of 8, events \d+(,\d+){7}$/),
    ]);
    expect(said(5)).toEqual(['0', 'confirmed']);
    expect(said(6)).toEqual(['true', 'authorized', 'IMMUNE.PROBATION']);
    expect(said(7)).toEqual(['true', 'IMMUNE.TERMINATED']);
  });
});
