import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmbeddedPostgres, type RunningPostgres } from '../../src/platform/database/embedded-postgres.js';
import { Api, type TestAgent } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { runCli } from '../support/run-cli.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';

/** Agents that act at the same time, without a pause. */
const AGENTS = 24;
/** How long the database is away: longer than the server keeps a command waiting, in ms. */
const AWAY_MS = 3_500;
/** How long there is load before and after, in ms. */
const LOAD_MS = 1_500;
/** Longest wait for work to resume, in ms. */
const RESUME_MS = 30_000;

let dataDir: string;
let postgres: RunningPostgres;
let server: ServerProcess;
let api: Api;
let agents: TestAgent[];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'echo-restart-'));
  postgres = await startEmbeddedPostgres({ dataDir });
  server = await startProcess({ ...testEnvironment(postgres.url), CHECKPOINT_FILE: join(dataDir, 'checkpoints.txt') });
  api = new Api(server.url);
  agents = [];
  for (let i = 0; i < AGENTS; i += 1) agents.push(await api.registerAgent(`loader-${i}`, { budget: 1_000_000 }));
});

afterAll(async () => {
  await server.stop();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Every key that was ever asked with. */
const asked: string[] = [];

interface Answer {
  readonly agent: TestAgent;
  readonly key: string;
  readonly status: number;
  readonly event: { readonly id: number; readonly hash: string } | null;
}

async function act(agent: TestAgent, key: string): Promise<Answer> {
  const answer = await fetch(`${server.url}/api/v1/actions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${agent.key}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: '{"action_type":"x","cost":{"amount":1}}',
  });
  const { event = null } = (await answer.json()) as { event?: Answer['event'] };
  return { agent, key, status: answer.status, event };
}

/** All agents act, each at once again when it is answered, until told to stop. */
function load(): { readonly answers: Answer[]; readonly stop: () => Promise<void> } {
  const answers: Answer[] = [];
  let going = true;
  const clients = agents.map(async (agent) => {
    while (going) answers.push(await act(agent, randomUUID()));
  });
  return {
    answers,
    stop: async () => {
      going = false;
      await Promise.all(clients);
    },
  };
}

async function untilSome(answers: readonly Answer[], from: number, status: number): Promise<void> {
  for (const deadline = Date.now() + RESUME_MS; ; await pause(50)) {
    if (answers.slice(from).some((answer) => answer.status === status)) return;
    if (Date.now() > deadline) throw new Error(`no ${status} within ${RESUME_MS} ms`);
  }
}

/** In order, and as a crash would leave it. */
const ENDINGS = {
  'is stopped': () => postgres.stop(),
  crashes: async () => {
    const pid = Number((await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGQUIT');
    await postgres.stop();
  },
};

describe.each(Object.entries(ENDINGS))('under load, a database that %s and comes back', (_, end) => {
  it('costs nothing but time: 503 meanwhile, work resumes by itself, and nothing answered is lost', async () => {
    const { answers, stop } = load();
    await pause(LOAD_MS);
    const before = answers.length;
    await end();
    await untilSome(answers, before, 503);
    await api.get('/health/live').expect(200);
    await pause(AWAY_MS);
    postgres = await startEmbeddedPostgres({ dataDir });
    await untilSome(answers, answers.length, 201);
    await pause(LOAD_MS);
    await stop();

    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201, 503]));
    expect(server.child.exitCode).toBeNull();
    await api.get('/health').expect(200);

    // Whoever was refused asks again with the same key: each action is there once.
    const refused = answers.filter((answer) => answer.status === 503);
    for (const { agent, key } of refused) expect(await act(agent, key)).toMatchObject({ status: 201 });
    const { hashes, bodies } = await walkLog(postgres.url);
    for (const { event } of answers) if (event) expect(hashes.get(event.id)).toBe(event.hash);
    const held = new Map<string, number>();
    for (const body of bodies) {
      if (body['type'] !== 'actions.authorize' || body['outcome'] !== 'succeeded') continue;
      const { id } = body['actor'] as { id: string };
      held.set(id, (held.get(id) ?? 0) + 1);
    }
    for (const { id, key } of agents) {
      const { body } = await api.get(`/metabolism/budget/${id}`, key).expect(200);
      expect((body as { reserved_budget: number }).reserved_budget).toBe(held.get(id));
    }
    // What was signed and published before, meanwhile and after is of one log, and the tables are what it says.
    await writeFile(join(dataDir, 'key.txt'), (await api.get('/audit/key').expect(200)).text);
    const anchors = ['--vkey', join(dataDir, 'key.txt'), '--checkpoint', join(dataDir, 'checkpoints.txt')];
    const verified = await runCli('verify', ['--database', postgres.url, ...anchors]);
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('everything holds') });
    asked.push(...answers.map((answer) => answer.key));
    expect([...held.values()].reduce((sum, n) => sum + n, 0)).toBe(asked.length);
  });
});
