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
  folder = await mkdtemp(join(tmpdir(), 'echo-metabolism-'));
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('the example of docs/metabolism.md', () => {
  it('comes to what the page says', async () => {
    const blocks = await blocksOf('docs/metabolism.md', 'bash');
    const [OPERATOR, ARBITER] = [await app.api.as('operator'), await app.api.as('arbiter')];
    const words = await runBlocks(blocks, folder, { API: `${app.url}/api/v1`, HOME: folder, OPERATOR, ARBITER });
    const said = (i: number): string[] => (words[i] ?? '').trim().split('\n');
    expect(words).toHaveLength(8);
    expect(JSON.parse(said(1)[0] ?? '')).toMatchObject({ scope_id: 'agent:reader', kind: 'agent' });
    expect(said(2)).toEqual(['0.09 usd, 1 calls']);
    // An hour may end between the steps; then what was spent is of the one before.
    expect(said(3)).toEqual(['0.058 usd, 1 calls', expect.stringMatching(/^(0\.058|0) of 10 usd, [10] of 200 calls$/)]);
    expect(said(4)[0]).toMatch(/^4(\.058)?$/);
    expect(said(4)[1]).toMatch(/^the group \S+ is 4(\.058)? usd in debt; /);
    expect(said(5)).toEqual([expect.stringMatching(/^4(\.058)?$/), '1']);
    expect(said(6)).toEqual([
      'no model: 1 calls',
      'no model: 14 usd',
      'openai/gpt-4o: 0.058 usd',
      'llm.call: 0.058',
      'tool.run: 14',
    ]);
  });
});
