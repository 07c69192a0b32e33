import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '../../src/platform/database/client.js';
import { blocksOf, runBlocks } from '../support/document-shell.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const GUIDE = 'docs/audit.md';
const AUDITOR = { AUDITOR_NAME: 'ada', AUDITOR_PASSWORD: 'the password of ada' };

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await startTestApp();
  folder = await mkdtemp(join(tmpdir(), 'echo-audit-'));
  const { api } = app;
  await api.createUser(AUDITOR.AUDITOR_NAME, ['auditor']);
  const agent = await api.registerAgent('invoice-bot', { budget: 3, capabilities: ['email.send'] });
  const arbiter = await api.as('arbiter');
  const act = (action_type: string, amount: number) =>
    api.post('/actions', agent.key, { action_type, cost: { amount } });
  const { body } = await act('email.send', 2).expect(201);
  const { action_id } = body as { action_id: string };
  await api
    .post(`/actions/${action_id}/complete`, agent.key, { status: 'success', cost: { amount: 1.25 } })
    .expect(200);
  await act('email.send', 100).expect(402);
  await act('money.send', 1).expect(403);
  const order = { agent_id: agent.id, reason: 'asked for money.send' };
  await api.post('/immune/quarantine', arbiter, order).expect(200);
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

/** The guide's blocks, but the one that asks for the password. */
async function guide(): Promise<string[]> {
  return (await blocksOf(GUIDE, 'bash')).filter((block) => !block.includes('read -rsp'));
}

const run = (blocks: readonly string[]) =>
  runBlocks(blocks, folder, { API: `${app.url}/api/v1`, HOME: folder, ...AUDITOR });

describe('the auditor’s guide', () => {
  it('leads through the four duties', async () => {
    const words = (await run(await guide())).join('\n');
    // 1: what was denied, who was made, the first event.
    expect(words).toMatch(/1 agent invoice-bot: actions\.authorize METABOLISM\.BUDGET_EXCEEDED/);
    expect(words).toMatch(/1 agent invoice-bot: actions\.authorize AGENTS\.NOT_CAPABLE/);
    expect(words).toMatch(/succeeded \S+ identity\.create_user/);
    expect(words).toContain('substrate.genesis');
    // 2: the server's word, and the auditor's own.
    expect(words).toContain('"valid":true');
    expect(words).toMatch(/checkpoint-\S+\.txt: holds, \d+ events\n\d+ events hold/);
    // 3: the spike and the largest cost.
    expect(words).toMatch(/usd +1\.25 #{40}/);
    expect(words).toMatch(/invoice-bot email\.send 1\.25 usd/);
    // 4: who is isolated.
    expect(words).toMatch(/invoice-bot \S+ user \S+ asked for money\.send events/);
  });

  it('finds what was done to an export, a checkpoint or the end of the log', async () => {
    const names = await readdir(folder);
    const checkpoint = names.find((name) => name.startsWith('checkpoint-')) ?? '';
    const check = (file: string, ...more: string[]) =>
      run([`node check-log.mjs ${file} key.txt ${checkpoint} ${more.join(' ')}`]);
    const lines = (await readFile(join(folder, 'export.ndjson'), 'utf8')).trimEnd().split('\n');
    const tampered = async (name: string, changed: readonly string[]) => {
      await writeFile(join(folder, name), `${changed.join('\n')}\n`);
      return check(name);
    };
    await expect(check('export.ndjson')).resolves.toBeDefined();
    await expect(
      tampered(
        'edit',
        lines.map((l, i) => (i === 5 ? l.replace('succeeded', 'denied') : l)),
      ),
    ).rejects.toThrow('TAMPERED: event 6: its hash');
    await expect(
      tampered(
        'gap',
        lines.filter((_, i) => i !== 5),
      ),
    ).rejects.toThrow('TAMPERED: event 6 is not in its place');
    await expect(tampered('cut', lines.slice(0, -1))).rejects.toThrow('its end was cut off');
    const forged = join(folder, 'forged.txt');
    await writeFile(forged, (await readFile(join(folder, checkpoint), 'utf8')).replace(/\n\d+\n/, '\n3\n'));
    await expect(check('export.ndjson', 'forged.txt')).rejects.toThrow('forged.txt is not signed');
  });

  it('has a query of the books that finds nothing, until somebody changes a row', async () => {
    const [sql = ''] = await blocksOf(GUIDE, 'sql');
    const client = createClient(app.databaseUrl, 'migration');
    await client.connect();
    try {
      expect((await client.query(sql)).rows).toEqual([]);
      await client.query(
        `update accounts set balances = jsonb_set(balances, '{usd,booked}', '"77"') where scope_id = 'substrate'`,
      );
      expect((await client.query(sql)).rows).toMatchObject([{ scope_id: 'substrate', unit: 'usd' }]);
    } finally {
      await client.end();
    }
  });
});
