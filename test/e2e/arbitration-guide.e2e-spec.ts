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
  folder = await mkdtemp(join(tmpdir(), 'echo-arbitration-'));
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('the example of docs/arbitration.md', () => {
  it('comes to what the page says', async () => {
    const blocks = await blocksOf('docs/arbitration.md', 'bash');
    const users = {
      OPERATOR: await app.api.as('operator'),
      ARBITER: await app.api.as('arbiter'),
      ARBITER_2: await app.api.createUser('another-arbiter', ['arbiter']),
      ARCHITECT: await app.api.as('intent_architect'),
    };
    const words = await runBlocks(blocks, folder, { API: `${app.url}/api/v1`, HOME: folder, ...users });
    const said = words.map((each) => each.trim().split('\n'));
    expect(said).toEqual([
      [''],
      ['1'],
      ['true', 'METABOLISM.BUDGET_EXCEEDED'],
      ['ARBITER.NOT_APPROVED'],
      ['payer asks for money.send', 'supplier-4', 'the budget of the agent has 10 usd left and 50 usd are needed'],
      ['pending', 'approved'],
      ['ARBITER.PAYLOAD_MISMATCH', '40 usd for agent:payer', 'ARBITER.ALREADY_USED'],
      ['0', 'used'],
      [''],
    ]);
  });
});
