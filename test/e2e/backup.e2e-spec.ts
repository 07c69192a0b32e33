import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadBackup } from '../../src/cli/backup/load.js';
import { saveBackup } from '../../src/cli/backup/save.js';
import { createClient } from '../../src/platform/database/client.js';
import { migrate, MIGRATION_NAMES } from '../../src/platform/database/migrate.js';
import { Api, MAINTAINER } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { runCli } from '../support/run-cli.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Text that a careless format would not survive. */
const AWKWARD = 'tab\t line\n back\\slash \\N \\. "quote" \u0001 é 漢 🚀 \r\n\\.\n';

let folder: string;
let source: TestDatabase;
let target: TestDatabase;
let environment: NodeJS.ProcessEnv;
let server: ServerProcess;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-backup-'));
  file = join(folder, 'whole.sql.gz');
  source = await createTestDatabase();
  target = await createTestDatabase({ empty: true });
  environment = testEnvironment(source.url);
  server = await startProcess(environment);
  const api = new Api(server.url);
  const agent = await api.registerAgent('writer', { budget: 100 });
  for (const text of [AWKWARD, 'plain', 'x'.repeat(100_000)]) {
    await api
      .post('/actions', agent.key, { action_type: 'x', payload: { text }, cost: { amount: 1 } })
      .set('Idempotency-Key', `key ${text.length}`)
      .expect(201);
  }
  await api.post('/metabolism/charge', agent.key, { cost_type: 'y', cost_amount: 0.5 }).expect(201);
  await untilQuiet();
});

afterAll(async () => {
  await server.stop();
  await source.drop();
  await target.drop();
  await rm(folder, { recursive: true });
});

const backup = (path: string, url = source.url) => runCli('backup', [path, '--json'], { DATABASE_URL: url });
const restore = (path: string, url = target.url) => runCli('restore', [path, '--json'], { DATABASE_URL: url });

/** Every row of every table, as text; null where there are no tables. */
/** Waits until the source has nothing left to write by itself: every event has its checkpoint, and that is published. */
async function untilQuiet(): Promise<void> {
  const client = createClient(source.url, 'audit');
  await client.connect();
  const busy = async (): Promise<boolean> => {
    const { rows } = await client.query<{ quiet: boolean }>(
      'select event_id <= (select max(size) from checkpoints where published_at is not null) as quiet from log_head',
    );
    return rows[0]?.quiet !== true;
  };
  while (await busy()) await new Promise((resolve) => setTimeout(resolve, 50));
  await client.end();
}

async function allRows(url: string): Promise<Record<string, string[]>> {
  const client = createClient(url, 'audit');
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const all: Record<string, string[]> = {};
    for (const { name } of tables) {
      // The server beats on meanwhile.
      if (name === 'schema_migrations' || name === 'replica_pulse') continue;
      const { rows } = await client.query<{ row: string }>(`select t::text as row from "${name}" t order by 1`);
      all[name] = rows.map(({ row }) => row);
    }
    return all;
  } finally {
    await client.end();
  }
}

/** A copy of the backup with its text changed. */
async function changed(name: string, change: (text: string) => string): Promise<string> {
  const text = gunzipSync(await readFile(file)).toString();
  const other = change(text);
  expect(other).not.toBe(text);
  const path = join(folder, name);
  await writeFile(path, gzipSync(other));
  return path;
}

describe('a backup', () => {
  it('is written and verified while the server runs, readable by its owner alone', async () => {
    const run = await backup(file);
    expect(run).toMatchObject({ status: 0 });
    const { last_event_id, head } = (
      (await new Api(server.url).get('/health')).body as { log: Record<string, unknown> }
    ).log;
    expect(JSON.parse(run.stdout)).toMatchObject({
      verified: true,
      fault: null,
      log: { size: last_event_id, hash: head, origin: environment['LOG_ORIGIN'] },
      tables: { event_log: last_event_id, cost_ledger: 1, holds: 3 },
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const secrets = [environment['SECRET_KEY'], environment['LOG_SIGNING_KEY'], MAINTAINER.password];
    const text = gunzipSync(await readFile(file)).toString();
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  it('never writes over a file', async () => {
    const before = await readFile(file);
    expect(await backup(file)).toMatchObject({ status: 2, stderr: expect.stringContaining('is there already') });
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  it('of a log that somebody changed says so, and is not called a backup', async () => {
    const client = createClient(source.url, 'migration');
    await client.connect();
    await client.query('alter table event_log disable trigger all');
    const [body] = (await client.query<{ body: string }>('select body from event_log where id = 3')).rows;
    await client.query(`update event_log set body = replace(body, '"operator"', '"auditor"') where id = 3`);
    const path = join(folder, 'changed.sql.gz');
    const run = await backup(path);
    await client.query('update event_log set body = $1 where id = 3', [body?.body]);
    await client.query('alter table event_log enable trigger all');
    await client.end();
    expect(run).toMatchObject({ status: 1 });
    expect(JSON.parse(run.stdout)).toMatchObject({
      verified: false,
      fault: 'event 3: the hash is not that of the body',
      file: `${path}.unverified`,
    });
    expect(existsSync(path)).toBe(false);
  });

  it('needs a database with a substrate, and says what is wrong in words', async () => {
    const none = await backup(join(folder, 'none.sql.gz'), target.url);
    expect(none).toMatchObject({ status: 2, stderr: expect.stringContaining('has no substrate') });
    const nowhere = await backup(join(folder, 'none.sql.gz'), 'postgresql://user:hunter2@127.0.0.1:1/x');
    expect(nowhere).toMatchObject({ status: 2, stderr: expect.stringContaining('ECONNREFUSED') });
    expect(nowhere.stderr).not.toContain('hunter2');
    expect(existsSync(join(folder, 'none.sql.gz.unverified'))).toBe(false);
  });
});

describe('a restore', () => {
  it.each([
    ['is cut off', (text: string) => text.slice(0, text.length / 2), 2, 'it was cut off'],
    ['lost its last line', (text: string) => text.replace(/-- End.*\n/, ''), 2, 'it was cut off'],
    [
      'has SQL of its own',
      (text: string) => text.replace('begin;', 'drop table users;'),
      2,
      'a line that no backup has',
    ],
    ['is of another product', () => 'select 1;\n', 2, 'its first line'],
    ['is of a later version', (text: string) => text.replace('001"', '999"'), 2, 'this version does not know'],
    ['lacks a row', (text: string) => text.replace(/(copy "cost_ledger".*\n).*\n/, '$1'), 1, 'cost_ledger has 0 rows'],
    ['has another event', (text: string) => text.replace('plain', 'other'), 1, 'does not hold: the hash is not that'],
    ['promises another head', (text: string) => text.replace(/("hash":")./, '$1x'), 1, 'does not end where'],
  ])('of a file that %s restores nothing', async (name, change, status, words) => {
    const path = await changed(`${name.replaceAll(' ', '-')}.gz`, change);
    const run = await restore(path);
    expect(run).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(words) });
    const rows = await allRows(target.url);
    expect(rows['event_log'] ?? []).toEqual([]);
    expect(rows['users'] ?? []).toEqual([]);
  });

  it('of no backup at all says so', async () => {
    const path = join(folder, 'noise');
    await writeFile(path, 'noise');
    expect(await restore(path)).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be unpacked') });
    expect(await restore(join(folder, 'nowhere'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('ENOENT'),
    });
    expect(await runCli('restore', [])).toMatchObject({ status: 2 });
  });

  it('gives back every row, verified, also where a broken file came before', async () => {
    const run = await restore(file);
    expect(run).toMatchObject({ status: 0 });
    expect(JSON.parse(run.stdout)).toMatchObject({ verified: true, verification: { valid: true, first_break: null } });
    expect(await allRows(target.url)).toEqual(await allRows(source.url));
    const { events } = await walkLog(target.url);
    expect(events).toBe((JSON.parse(run.stdout) as { log: { size: number } }).log.size);
  });

  it('goes into an empty database only', async () => {
    const before = await allRows(target.url);
    expect(await restore(file)).toMatchObject({ status: 2, stderr: expect.stringContaining('has a log already') });
    expect(await allRows(target.url)).toEqual(before);
  });

  it('is gone on with by a server: people log in, agents act, retries are known', async () => {
    const other = await startProcess({ ...environment, DATABASE_URL: target.url });
    try {
      const api = new Api(other.url);
      const token = await api.login({ username: 'the-operator', password: 'the password of the-operator' });
      const { body } = await api.post('/agents/writer/keys', token).expect(200);
      const { api_key: key } = body as { api_key: string };
      const again = await api
        .post('/actions', key, { action_type: 'x', payload: { text: 'plain' }, cost: { amount: 1 } })
        .set('Idempotency-Key', 'key 5')
        .expect(201);
      expect(again.headers['idempotency-replayed']).toBe('true');
      await api.post('/actions', key, { action_type: 'x', cost: { amount: 1 } }).expect(201);
    } finally {
      await other.stop();
    }
    await walkLog(target.url);
  });

  it('brings the tables of an older version up to date', async () => {
    const [older, newer] = [await createTestDatabase({ empty: true }), await createTestDatabase({ empty: true })];
    await migrate(older.url, MIGRATION_NAMES.length - 1);
    const path = join(folder, 'older.sql.gz');
    await saveBackup(older.url, path, { begin: () => undefined, saved: () => undefined });
    const observer = { begin: () => undefined, loaded: () => undefined, verifying: () => undefined };
    const { header } = await loadBackup(newer.url, path, observer);
    expect(header.migrations).toEqual(MIGRATION_NAMES.slice(0, -1));
    expect((await migrate(newer.url)).done).toEqual([]);
    await older.drop();
    await newer.drop();
  });
});
