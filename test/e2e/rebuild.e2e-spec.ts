import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from '../../src/platform/database/client.js';
import { Api, MAINTAINER } from '../support/api.js';
import { auditFiles } from '../support/checker.js';
import { differences, readTables } from '../support/fold.js';
import { runCli } from '../support/run-cli.js';
import { startProcess } from '../support/server-process.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** More than what is written at a time. */
const ACTIONS = 700;

let folder: string;
let app: TestApp;
let target: TestDatabase;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-rebuild-'));
  app = await startTestApp();
  const { api } = app;
  const agent = await api.registerAgent('busy', { budget: 5 });
  const items = Array.from({ length: ACTIONS }, (_, i) => ({
    action_type: 'x',
    cost: { amount: 0.001 },
    payload: { i },
  }));
  const { body } = await api.post('/actions/batch', agent.key, { items }).expect(200);
  const { items: done } = body as { items: { action_id: string }[] };
  await api
    .post(`/actions/${done[0]?.action_id}/complete`, agent.key, { status: 'success', cost: { amount: 2 } })
    .expect(200);
  await api.post('/metabolism/charge', agent.key, { cost_type: 'y', cost_amount: 0.000000001 }).expect(201);
  for (let i = 0; i < 10; i += 1)
    await api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 99 } }).expect(402);
  await api.post('/immune/release', await api.as('arbiter'), { agent_id: 'busy', reason: 'a test' }).expect(200);
  await api.post('/state/transition', await api.as('operator'), { to_state: 'alert', trigger: 'a test' }).expect(200);
  const files = await auditFiles(app.url, await api.as('auditor'));
  await writeFile(at('log.ndjson'), files.export);
  await writeFile(at('key.txt'), files.key);
  await writeFile(at('checkpoint.txt'), files.checkpoint);
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  target = await createTestDatabase({ empty: true });
});

afterEach(() => target.drop());

const ANCHORS = (): string[] => ['--vkey', at('key.txt'), '--checkpoint', at('checkpoint.txt')];
const rebuild = (log: string, ...more: string[]) =>
  runCli('rebuild', ['--export', at(log), ...ANCHORS(), '--json', ...more], { DATABASE_URL: target.url });

async function events(url: string): Promise<unknown[]> {
  const client = createClient(url, 'audit');
  await client.connect();
  try {
    return (await client.query('select * from event_log order by id')).rows;
  } finally {
    await client.end();
  }
}

describe('a rebuild from an export', () => {
  it('equals its source, and is gone on with: the maintainer gets in, agents get new keys', async () => {
    const run = await rebuild('log.ndjson', '--activate', MAINTAINER.username);
    expect(run).toMatchObject({ status: 0 });
    const { activation } = JSON.parse(run.stdout) as { activation: { token: string } };
    const [source, made] = [await events(app.databaseUrl), await events(target.url)];
    expect(made).toEqual(source.slice(0, made.length));
    const exported = (await readFile(at('log.ndjson'), 'utf8')).trimEnd().split('\n').length;
    expect(made).toHaveLength(exported);
    expect(differences(await readTables(app.databaseUrl), await readTables(target.url))).toEqual([]);

    const server = await startProcess({ ...app.environment, DATABASE_URL: target.url });
    try {
      const api = new Api(server.url);
      const password = 'another password of the maintainer';
      const { body: login } = await api
        .post('/auth/activate', undefined, { activation_token: activation.token, password })
        .expect(200);
      const { access_token: maintainer } = login as { access_token: string };
      const { body: users } = await api.get('/users?limit=50', maintainer).expect(200);
      const operator = (users as { items: { id: string; roles: string[] }[] }).items.find((u) =>
        u.roles.includes('operator'),
      );
      await api.post(`/users/${operator?.id}/reset`, maintainer, {}).expect(200);
      const { body: key } = await api.post('/agents/busy/keys', maintainer, {}).expect(200);
      await api
        .post('/metabolism/charge', (key as { api_key: string }).api_key, { cost_type: 'y', cost_amount: 0.5 })
        .expect(201);
    } finally {
      await server.stop();
    }
    const verified = await runCli('verify', ['--database', target.url, ...ANCHORS()]);
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('everything holds') });
  });

  it('of a log that does not hold writes nothing', async () => {
    const lines = (await readFile(at('log.ndjson'), 'utf8')).trimEnd().split('\n');
    await writeFile(
      at('edited.ndjson'),
      lines.map((l, i) => (i === 600 ? l.replace('succeeded', 'denied') : l)).join('\n'),
    );
    await writeFile(at('cut.ndjson'), lines.slice(0, -3).join('\n'));
    expect(JSON.parse((await rebuild('edited.ndjson')).stdout)).toMatchObject({
      finding: { kind: 'edited', event_id: 601 },
    });
    expect(await rebuild('cut.ndjson')).toMatchObject({ status: 1, stdout: expect.stringContaining('truncated') });
    expect(await events(target.url)).toEqual([]);
    expect(await rebuild('log.ndjson', '--activate', 'nobody')).toMatchObject({ status: 2 });
    expect(await rebuild('nowhere.ndjson')).toMatchObject({ status: 2 });
    expect(await rebuild('log.ndjson')).toMatchObject({ status: 0 });
    const again = await rebuild('log.ndjson');
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining('the database has a log') });
  });
});
