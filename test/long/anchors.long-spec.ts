import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { notesIn } from '../../src/event-log/anchoring/checkpoint-file.js';
import { signedCheckpoint } from '../../src/event-log/anchoring/file-sink.js';
import { cosignedAt, parseWitnessKey } from '../../src/event-log/note/cosignature.js';
import { parseNote } from '../../src/event-log/note/note.js';
import { parseVerifierKey, type VerifierKey } from '../../src/event-log/note/vkey.js';
import { createClient } from '../../src/platform/database/client.js';
import { Api, type TestAgent } from '../support/api.js';
import { auditFiles, checkIndependently, HAS_CHECKER } from '../support/checker.js';
import { runCli } from '../support/run-cli.js';
import { startBuilt, startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** How often a server is killed under load, and the longest time that it lives before, in ms. */
const KILLS = 3;
const KILL_MS = 1_500;

let folder: string;
let file: string;
let database: TestDatabase;
let environment: NodeJS.ProcessEnv;
let server: ServerProcess;
let api: Api;
let agent: TestAgent;
let extra: TestDatabase[] = [];
let tests = 0;
const witnesses = new Set<ServerProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-anchors-'));
});

afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  database = await createTestDatabase();
  file = join(folder, `checkpoints-${(tests += 1)}.txt`);
  environment = { ...testEnvironment(database.url), CHECKPOINT_FILE: file, SELF_AUDIT_SECONDS: '3600' };
});

afterEach(async () => {
  await server.stop();
  for (const witness of witnesses) await witness.stop();
  witnesses.clear();
  await database.drop();
  for (const other of extra) await other.drop();
  extra = [];
});

async function start(changes: NodeJS.ProcessEnv = {}): Promise<void> {
  server = await startProcess({ ...environment, ...changes });
  api = new Api(server.url);
}

const begin = async (changes: NodeJS.ProcessEnv = {}): Promise<void> => {
  await start(changes);
  agent = await api.registerAgent('busy', { budget: 1_000 });
};

const act = () => api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 0.01 } }).expect(201);
/** Several at a time, until nobody answers any more. */
async function loadUntilGone(): Promise<void> {
  const items = Array.from({ length: 40 }, () => ({ action_type: 'x', cost: { amount: 0.01 } }));
  const client = async (): Promise<void> => {
    for (;;) {
      const answer = await fetch(`${server.url}/api/v1/actions/batch`, {
        method: 'POST',
        headers: { authorization: `Bearer ${agent.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ items }),
      }).catch(() => null);
      if (answer === null) return;
      await answer.arrayBuffer().catch(() => null);
    }
  };
  await Promise.all(Array.from({ length: 4 }, client));
}

const kill = async (process: ServerProcess): Promise<void> => {
  const exit = once(process.child, 'exit');
  process.child.kill('SIGKILL');
  await exit;
};

interface Health {
  readonly status: string;
  readonly log: { readonly status: string; readonly last_event_id: number };
  readonly checkpoints: {
    readonly status: string;
    readonly size: number;
    readonly sinks: readonly { name: string; status: string; size: number }[];
  };
}

const health = async (): Promise<Health> => (await api.get('/health')).body as Health;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen: ${JSON.stringify(await health())}`);
}

/** Every event has its checkpoint, and every sink has it. */
const untilPublished = () =>
  until('the publication', async () => {
    const { log, checkpoints } = await health();
    return [checkpoints.size, ...checkpoints.sinks.map(({ size }) => size)].every((size) => size >= log.last_event_id);
  });

const logKey = async (): Promise<VerifierKey> => {
  const key = parseVerifierKey((await api.get('/audit/key').expect(200)).text.trim());
  if (!key) throw new Error('no key');
  return key;
};

const notes = async (): Promise<string[]> => notesIn(await readFile(file, 'utf8'));
const sizes = async (key: VerifierKey) => (await notes()).map((note) => signedCheckpoint(note, [key])?.size ?? -1);

async function sql(text: string, url = database.url): Promise<void> {
  const client = createClient(url, 'migration');
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

describe('every checkpoint', () => {
  it('goes to the file, also over crashes, and fits every later export', async () => {
    await begin();
    for (let i = 0; i < KILLS; i += 1) {
      const load = loadUntilGone();
      // At any step of signing, publishing and integrating, each of which comes around several times a second.
      await pause(Math.random() * KILL_MS);
      await kill(server);
      await load;
      // What a crash in the middle of a write leaves.
      if (i === 0) await writeFile(file, 'test.example/log\n9', { flag: 'a' });
      await start();
    }
    await act();
    await untilPublished();
    const key = await logKey();
    const found = await sizes(key);
    expect(found.length).toBeGreaterThan(3);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(new Set(found).size).toBe(found.length);
    expect(found).not.toContain(-1);
    const whole = ['--database', database.url, '--vkey', key.text, '--checkpoint', file, '--json'];
    expect(await runCli('verify', whole)).toMatchObject({ status: 0 });
    const files = await auditFiles(server.url, await api.as('auditor'));
    if (HAS_CHECKER)
      for (const checkpoint of await notes())
        expect(await checkIndependently({ ...files, checkpoint })).toMatchObject({ status: 0 });
    await writeFile(join(folder, 'log.ndjson'), files.export);
    const args = ['--export', join(folder, 'log.ndjson'), '--vkey', key.text, '--checkpoint', file, '--json'];
    expect(await runCli('verify', args)).toMatchObject({ status: 0 });
  });

  it('waits for a sink that fails, which is visible and stops nothing', async () => {
    file = join(folder, 'not-there-yet', 'checkpoints.txt');
    environment = { ...environment, CHECKPOINT_FILE: file };
    await begin();
    await act();
    await until('the failure', async () => (await health()).checkpoints.status === 'down');
    expect(await health()).toMatchObject({ status: 'healthy', checkpoints: { sinks: [{ status: 'down' }] } });
    const metrics = (await api.get('/metrics').expect(200)).text;
    expect(metrics).toContain(`echo_checkpoint_sink_up{sink="file:${file}"} 0`);
    await act();
    await mkdir(join(folder, 'not-there-yet'));
    await untilPublished();
    expect((await health()).checkpoints.status).toBe('up');
    expect((await sizes(await logKey())).at(-1)).toBe((await health()).log.last_event_id);
  });

  it('is cosigned by a witness, which may come and go', async () => {
    // The log's key is known once the log has begun.
    await begin();
    const log = (await logKey()).text;
    const data = join(folder, 'witness');
    const witness = (port = '0') =>
      startBuilt('cli/witness.js', ['--name', 'witness.example/w1', '--data', data, '--port', port, '--log', log]);
    let beside = await witness();
    witnesses.add(beside);
    const { vkey } = (await (await fetch(`${beside.url}/status`)).json()) as { vkey: string };
    const key = parseWitnessKey(vkey);
    if (!key) throw new Error('no witness key');
    await server.stop();
    await start({ WITNESSES: `${vkey} ${beside.url}` });
    await act();
    await untilPublished();
    const published = parseNote((await api.get('/tlog/checkpoint').expect(200)).text);
    expect(published && cosignedAt(published, key)).toEqual(expect.any(Number));
    const status = (await api.get('/audit/status', await api.as('auditor')).expect(200)).body as {
      checkpoint: { cosigned_by: string[] };
    };
    expect(status.checkpoint.cosigned_by).toEqual(['witness.example/w1']);

    await kill(beside);
    await act();
    await until('the failure', async () => (await health()).checkpoints.status === 'down');
    await act();
    beside = await witness(new URL(beside.url).port);
    witnesses.add(beside);
    await untilPublished();
    expect((await health()).checkpoints.status).toBe('up');
  });
});

describe('a log that lost something', () => {
  /** A database as it was a while ago, under a server that has signed more since. */
  async function restoreOlder(): Promise<{ lost: number; kept: number; key: VerifierKey }> {
    await begin();
    await untilPublished();
    const backup = join(folder, `${Date.now()}.sql.gz`);
    expect(await runCli('backup', [backup], { DATABASE_URL: database.url })).toMatchObject({ status: 0 });
    for (let n = 0; n < 4; n += 1) await act();
    await untilPublished();
    const lost = (await health()).log.last_event_id;
    const key = await logKey();
    await server.stop();
    const older = await createTestDatabase({ empty: true });
    extra.push(older);
    expect(await runCli('restore', [backup], { DATABASE_URL: older.url })).toMatchObject({ status: 0 });
    environment = { ...environment, DATABASE_URL: older.url };
    return { lost, kept: lost - 4, key };
  }

  it('is not gone on with until a recovery says so in the log, signed, and then verifies with every checkpoint', async () => {
    const { lost, kept, key } = await restoreOlder();
    await expect(start()).rejects.toThrow(
      `the log has ${kept} events, but file:${file} has a signed checkpoint of ${lost}`,
    );
    // An auditor finds it, where nobody says so.
    const quiet = ['--database', environment['DATABASE_URL'] ?? '', '--vkey', key.text, '--checkpoint', file, '--json'];
    const found = await runCli('verify', quiet);
    expect(JSON.parse(found.stdout)).toMatchObject({ first_bad: { kind: 'truncated', event_id: kept + 1 } });

    const recover = (...args: string[]) => runCli('recover', [...args, '--json'], environment);
    expect(await recover()).toMatchObject({ status: 2, stderr: expect.stringContaining('--reason') });
    const dry = await recover('--reason', 'a test', '--dry-run');
    expect(JSON.parse(dry.stdout)).toMatchObject({
      lost_size: lost,
      restored_size: kept,
      fork_size: kept,
      event_id: null,
    });
    const done = await recover('--reason', 'a disk broke');
    expect(JSON.parse(done.stdout)).toMatchObject({ lost_size: lost, restored_size: kept, event_id: kept + 1 });
    expect(JSON.parse((await recover('--reason', 'again')).stdout)).toEqual({ lost: false, event_id: null });

    await start();
    for (let n = 0; n < 6; n += 1) await act();
    const auditor = await api.as('auditor');
    await untilPublished();
    const files = await auditFiles(server.url, auditor);
    const log = join(folder, 'recovered.ndjson');
    await writeFile(log, files.export);
    const verified = await runCli('verify', ['--export', log, '--vkey', key.text, '--checkpoint', file, '--json']);
    expect(verified).toMatchObject({ status: 0 });
    const report = JSON.parse(verified.stdout) as { abandoned: { size: number }[] };
    expect(report).toMatchObject({ recoveries: [{ event_id: kept + 1, lost_size: lost, restored_size: kept }] });
    expect(report.abandoned.map(({ size }) => size)).toContain(lost);
    const event = (await api.get(`/audit/events/${kept + 1}`, auditor).expect(200)).body as object;
    expect(event).toMatchObject({ type: 'substrate.recover', payload: { reason: 'a disk broke' } });
  });

  it('stops a server that runs', async () => {
    await begin();
    for (let n = 0; n < 3; n += 1) await act();
    await untilPublished();
    await sql(`set session_replication_role = replica;
      delete from event_log where id = (select event_id from log_head);
      update log_head h set event_id = e.id, hash = e.hash, range = e.hash
        from (select id, hash from event_log order by id desc limit 1) e`);
    await until('the halt', async () => (await health()).status === 'unhealthy');
    const refused = await api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 0.01 } }).expect(503);
    expect(refused.body).toMatchObject({ code: 'SPINE.HALTED' });
    expect((await api.get('/audit/checkpoint')).status).toBe(503);
    expect((await api.get('/metrics')).text).toContain('echo_halted 1');
  });
});

describe('the key of the log', () => {
  it('is replaced by an event that both keys sign; old checkpoints keep verifying', async () => {
    await begin();
    await act();
    await untilPublished();
    const old = await logKey();
    await server.stop();
    const { LOG_SIGNING_KEY: before } = environment;
    const { LOG_SIGNING_KEY: after } = testEnvironment(database.url);
    await expect(start({ LOG_SIGNING_KEY: after })).rejects.toThrow('LOG_SIGNING_KEY_PREVIOUS');
    await start({ LOG_SIGNING_KEY: after, LOG_SIGNING_KEY_PREVIOUS: before });
    await untilPublished();
    const now = await logKey();
    expect(now.text).not.toBe(old.text);
    const first = (await notes()).find((note) => signedCheckpoint(note, [now]));
    expect(first && signedCheckpoint(first, [old])).toMatchObject(signedCheckpoint(first ?? '', [now]) ?? {});
    expect((await api.get('/audit/keys').expect(200)).body).toMatchObject({
      keys: [{ vkey: old.text, event_id: 1 }, { vkey: now.text }],
    });
    await server.stop();
    await start({ LOG_SIGNING_KEY: after });
    await act();
    await untilPublished();
    const last = (await notes()).at(-1) ?? '';
    expect([signedCheckpoint(last, [old]), signedCheckpoint(last, [now])]).toEqual([null, expect.anything()]);
    const { export: ndjson } = await auditFiles(server.url, await api.as('auditor'));
    const log = join(folder, 'rotated.ndjson');
    await writeFile(log, ndjson);
    const verify = (...vkeys: string[]) =>
      runCli('verify', ['--export', log, ...vkeys.flatMap((vkey) => ['--vkey', vkey]), '--checkpoint', file, '--json']);
    expect(await verify(old.text, now.text)).toMatchObject({ status: 0 });
    expect(await verify(old.text)).toMatchObject({ status: 2 });
    await server.stop();
    await expect(start({ LOG_SIGNING_KEY: before })).rejects.toThrow('is not the key of this log');
  });
});
