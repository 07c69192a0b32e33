import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
  type RunningPostgres,
} from '../../src/platform/database/embedded-postgres.js';

/** Clusters that nobody keeps. */
const QUICK = { fsync: 'off' };
/** Longest wait for a server that lost its parent, in ms. */
const ENDED_MS = 10_000;

let root: string;
let running: RunningPostgres[] = [];
let children: ChildProcess[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'echo-embedded-'));
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(running.map((postgres) => postgres.stop()));
  running = [];
  children = [];
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder with a cluster that was made, used and stopped. */
const kept = (): string => join(root, 'kept');

async function start(dataDir: string, settings: Record<string, string> = QUICK): Promise<RunningPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, settings });
  running.push(postgres);
  return postgres;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.flat();
  } finally {
    await client.end();
  }
}

async function pidOf(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function untilEnded(pid: number): Promise<void> {
  for (const deadline = Date.now() + ENDED_MS; isRunning(pid); await pause(20)) {
    if (Date.now() > deadline) throw new Error(`the process ${pid} still runs`);
  }
}

describe('the embedded PostgreSQL', () => {
  it('is a durable PostgreSQL 18 that listens on a private socket alone', async () => {
    const { url, version } = await start(kept(), {});
    expect(version).toMatch(/^18\./);
    const shown = ['fsync', 'listen_addresses', 'timezone', 'server_encoding', 'data_checksums'];
    const values = await query(url, `select ${shown.map((name) => `current_setting('${name}')`).join(', ')}`);
    expect(values).toEqual(['on', '', 'UTC', 'UTF8', 'on']);
    expect(await query(url, `select current_database(), lower('É'), 'a' < 'B'`)).toEqual([
      'echo_substrate',
      'é',
      false,
    ]);
    expect((await stat(join(kept(), 'postgres'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(kept(), 'postgres/substrate-password'))).mode & 0o777).toBe(0o600);
    await expect(query(url.replace(/echo:[^@]+/, 'echo:guessed'), 'select 1')).rejects.toThrow(
      'password authentication',
    );
    await query(url, 'create table things (id int)');
    await query(url, 'insert into things values (17)');
  });

  it('keeps its data, and stops once however often it is told', async () => {
    const first = await start(kept());
    const pid = await pidOf(kept());
    await Promise.all([first.stop(), first.stop()]);
    expect(isRunning(pid)).toBe(false);
    await first.stop();
    const second = await start(kept());
    expect(await query(second.url, 'select id from things')).toEqual([17]);
  });

  it('puts the socket elsewhere where its name would be too long', async () => {
    const long = join(root, 'a folder with 100% of a name'.repeat(3));
    const { url } = await start(long);
    expect(await query(url, 'select 1')).toEqual([1]);
  });
});

describe('after a crash', () => {
  it('starts although the pid in postmaster.pid is another program by now', async () => {
    const first = await start(kept());
    await query(first.url, 'insert into things values (18)');
    const crashed = await pidOf(kept());
    process.kill(crashed, 'SIGKILL');
    await first.stop();
    const other = await stranger();
    for (const name of ['postmaster.pid', '.s.PGSQL.5432.lock']) {
      const file = join(kept(), 'postgres', name);
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace(String(crashed), String(other)));
    }
    const again = await start(kept());
    expect(await query(again.url, 'select id from things order by 1')).toEqual([17, 18]);
    expect(isRunning(other)).toBe(true);
  });

  it('is not left behind by a server that is killed, and goes on with the next', async () => {
    const child = spawn(process.execPath, ['test/support/embedded-parent.mjs', kept()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    const pid = await pidOf(kept());
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGKILL');
    // At once: the next server waits for the end of the one before.
    const next = await start(kept());
    await untilEnded(pid);
    expect(await query(next.url, 'select count(*)::int from things')).toEqual([2]);
  });
});

/** Another program of the user that PostgreSQL runs as; only such a one's pid looks to it like a server's. */
async function stranger(): Promise<number> {
  const { uid, gid } = await stat(join(kept(), 'postgres'));
  const ids = process.getuid?.() === 0 ? { uid, gid } : {};
  const child = spawn('sleep', ['60'], { ...ids, stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child.pid ?? 0;
}

describe('what cannot start says what to do', () => {
  it('names the server that uses the folder', async () => {
    const first = await start(kept());
    const pid = await pidOf(kept());
    const refused = startEmbeddedPostgres({ dataDir: kept(), settings: QUICK });
    await expect(refused).rejects.toThrow(EmbeddedPostgresError);
    await expect(refused).rejects.toThrow(new RegExp(`pid ${pid} .*SUBSTRATE_DATA.*DATABASE_URL`));
    expect(await query(first.url, 'select 1')).toEqual([1]);
  });

  it('lets one of two have a new folder that both want at the same moment', async () => {
    const dataDir = join(root, 'wanted');
    const both = await Promise.allSettled([start(dataDir), start(dataDir)]);
    const refusals = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refusals).toEqual([expect.any(EmbeddedPostgresError)]);
    expect(String(refusals[0])).toMatch(/another server uses this folder/);
    expect(await query(running[0]?.url ?? '', 'select 1')).toEqual([1]);
  });

  it('shows what PostgreSQL said', async () => {
    const refused = startEmbeddedPostgres({ dataDir: kept(), settings: { shared_buffers: 'plenty' } });
    await expect(refused).rejects.toThrow(EmbeddedPostgresError);
    await expect(refused).rejects.toThrow(/DATABASE_URL[^]*invalid value for parameter "shared_buffers": "plenty"/);
  });

  it('asks for a password that is gone', async () => {
    const file = join(kept(), 'postgres/substrate-password');
    await rename(file, `${file}.away`);
    const refused = startEmbeddedPostgres({ dataDir: kept(), settings: QUICK });
    await expect(refused).rejects.toThrow(/password of the database cannot be read.*put the file back/);
    await rename(`${file}.away`, file);
  });

  it('names a folder that it cannot use', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    await expect(startEmbeddedPostgres({ dataDir: file })).rejects.toThrow(/file cannot be used.*SUBSTRATE_DATA/);
  });
});
