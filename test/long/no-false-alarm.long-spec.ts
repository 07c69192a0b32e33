import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Api, type TestAgent } from '../support/api.js';
import { runCli } from '../support/run-cli.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const REPLICAS = 3;
const WRITERS = 32;
const EVENTS = 100_000;
/** Actions of one request, at most. */
const BATCH_MAX = 500;
/** Pause between two verifications, in ms: the writers need the machine too. */
const BETWEEN_MS = 2_000;
/** Longest stall of a writer between two requests, in ms. */
const STALL_MS = 60;

let folder: string;
let database: TestDatabase;
let servers: ServerProcess[];
let agents: TestAgent[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echo-alarm-'));
  database = await createTestDatabase();
  const environment = {
    ...testEnvironment(database.url),
    CHECKPOINT_FILE: join(folder, 'checkpoints.txt'),
    SELF_AUDIT_SECONDS: '3',
    FULL_AUDIT_SECONDS: '15',
  };
  servers = await Promise.all(Array.from({ length: REPLICAS }, () => startProcess(environment)));
  const api = new Api(servers[0]?.url ?? '');
  agents = [];
  for (let i = 0; i < WRITERS; i += 1) agents.push(await api.registerAgent(`writer-${i}`, { budget: 1_000 }));
  await writeFile(join(folder, 'key.txt'), (await api.get('/audit/key').expect(200)).text);
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
  await rm(folder, { recursive: true });
});

let written = 0;

/** Acts in requests of any size, to any replica, with stalls, until there are enough events. */
async function write({ key }: TestAgent): Promise<void> {
  while (written < EVENTS) {
    const count = 1 + Math.floor(Math.random() * BATCH_MAX);
    written += count;
    const item = { action_type: 'x', cost: { amount: 0.000_001 }, payload: { at: Math.random(), text: 'é 漢 🚀' } };
    const server = servers[Math.floor(Math.random() * REPLICAS)];
    const answer = await fetch(`${server?.url}/api/v1/actions/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ items: Array.from({ length: count }, () => item) }),
    });
    await answer.arrayBuffer();
    // An overloaded server says so, and nothing was done.
    if (!answer.ok) written -= count;
    await pause(Math.random() * STALL_MS);
  }
}

it(`nothing is called tampering while ${WRITERS} writers on ${REPLICAS} replicas append ${EVENTS} events`, async () => {
  let isDone = false;
  const writing = Promise.all(agents.map(write)).finally(() => (isDone = true));
  const verify = async () => {
    const anchors = ['--vkey', join(folder, 'key.txt'), '--checkpoint', join(folder, 'checkpoints.txt')];
    const { stdout, stderr } = await runCli('verify', ['--database', database.url, ...anchors, '--json']);
    return stdout === '' ? { stderr } : (JSON.parse(stdout) as { result: string; findings: unknown[]; events: number });
  };
  let runs = 0;
  while (!isDone) {
    expect(await verify()).toMatchObject({ result: 'holds', findings: [] });
    runs += 1;
    await pause(BETWEEN_MS);
  }
  await writing;
  expect(runs).toBeGreaterThan(1);
  const whole = await verify();
  expect(whole).toMatchObject({ result: 'holds' });
  expect((whole as { events: number }).events).toBeGreaterThanOrEqual(EVENTS);
  const api = new Api(servers[1]?.url ?? '');
  // A mirror of so many events is verified by threads.
  await api.createUser('mirror', ['auditor']);
  const [dir, key] = [join(folder, 'mirror'), join(folder, 'key.txt')];
  const auditor = { AUDITOR_NAME: 'mirror', AUDITOR_PASSWORD: 'the password of mirror' };
  const mirrored = await runCli('mirror', ['--url', servers[2]?.url ?? '', '--dir', dir, '--vkey', key], auditor);
  expect(mirrored).toMatchObject({ status: 0 });
  const tiles = await runCli('verify', ['--tiles', dir, '--vkey', key, '--json']);
  expect(JSON.parse(tiles.stdout)).toMatchObject({ result: 'holds', findings: [] });
  const status = (await api.get('/audit/status', await api.as('auditor')).expect(200)).body as object;
  expect(status).toMatchObject({ halted: null, findings: [] });
}, 240_000);
