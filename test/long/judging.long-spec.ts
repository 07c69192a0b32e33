import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createClient } from '../../src/platform/database/client.js';
import { Api, type TestAgent } from '../support/api.js';
import { foldedFindings, inOrderOfEvidence, recordedFindings, until, untilJudged } from '../support/judgement.js';
import { walkLog } from '../support/log-check.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Agents that all run in circles at once. */
const LOOPERS = 40;
/** The same action of one of them: the eighth sets off a finding. */
const TIMES = 8;
/** The advisory lock of the replica that judges. */
const DETECTION_LOCK = 1_763_900_013;

let database: TestDatabase;
let environment: NodeJS.ProcessEnv;
let servers: ServerProcess[] = [];
let client: pg.Client;
let api: Api;

beforeEach(async () => {
  database = await createTestDatabase();
  environment = testEnvironment(database.url);
  client = createClient(database.url, 'audit');
  await client.connect();
  servers = [await startProcess(environment)];
  api = new Api(servers[0]?.url ?? '');
  await api.as('operator');
  const rule = { detector: 'loop', threshold: TIMES, window_seconds: 120, answer: 'quarantine' };
  await api.put('/immune/policies/loop', await api.as('intent_architect'), rule).expect(200);
});

afterEach(async () => {
  await client.end();
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
});

const newLoopers = (generation: string): Promise<TestAgent[]> =>
  Promise.all(Array.from({ length: LOOPERS }, (_, i) => api.registerAgent(`${generation}-${i}`, { budget: 10 })));

/** Each asks for the same again and again, in one request. */
async function runInCircles(agents: readonly TestAgent[]): Promise<void> {
  const item = { action_type: 'x', cost: { amount: 0.01 }, payload: { page: 7 } };
  const items = Array.from({ length: TIMES }, () => item);
  await Promise.all(agents.map(({ key }) => api.post('/actions/batch', key, { items }).expect(200)));
}

async function untilFound(count: number): Promise<void> {
  await until(`${count} findings`, async () => (await recordedFindings(client)).length >= count);
}

/** Each of so many agents is found once and isolated once, and the log, folded again, says the same. */
async function expectEachOnce(agents: number): Promise<void> {
  await untilFound(agents);
  await untilJudged(client);
  const recorded = (await recordedFindings(client)).map(({ finding }) => finding);
  expect(recorded).toHaveLength(agents);
  expect(inOrderOfEvidence(recorded)).toEqual(inOrderOfEvidence(await foldedFindings(client)));
  const { rows } = await client.query<{ subject_id: string }>(
    `select subject_id from event_log where type = 'immune.quarantine' and outcome = 'succeeded'`,
  );
  expect(rows).toHaveLength(agents);
  expect(new Set(rows.map((row) => row.subject_id)).size).toBe(agents);
  const failed = await client.query(`select body from event_log where outcome = 'failed'`);
  expect(failed.rows).toEqual([]);
  await walkLog(database.url);
}

async function kill(server: ServerProcess | undefined): Promise<void> {
  if (!server) throw new Error('there is no such server');
  const gone = new Promise((resolve) => server.child.once('exit', resolve));
  server.child.kill('SIGKILL');
  await gone;
}

/** The backend that holds the lock of who judges; null: nobody does. */
async function judge(): Promise<number | null> {
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_locks where locktype = 'advisory' and granted and objid = ($1::bigint & 4294967295)::oid
     and database = (select oid from pg_database where datname = current_database())`,
    [DETECTION_LOCK],
  );
  return rows[0]?.pid ?? null;
}

describe('a server that judges', () => {
  it('and is killed in the middle of it goes on: no finding twice, none missing', async () => {
    const loopers = await newLoopers('first');
    await runInCircles(loopers);
    await untilFound(3);
    await kill(servers[0]);
    const left = (await recordedFindings(client)).length;
    servers = [await startProcess(environment)];
    api = api.at(servers[0]?.url ?? '');
    await expectEachOnce(LOOPERS);
    process.stderr.write(`killed after ${left} of ${LOOPERS} findings\n`);
  });

  it('goes on from what it saved when it was stopped, and so does the next one that is killed', async () => {
    const [one, two, three] = [await newLoopers('one'), await newLoopers('two'), await newLoopers('three')];
    const half = (agents: readonly TestAgent[]) => agents.slice(0, LOOPERS / 2);
    await runInCircles(half(one));
    // Five of eight: what is known of these agents must outlive the server.
    const item = { action_type: 'x', cost: { amount: 0.01 }, payload: { page: 7 } };
    const some = (count: number) =>
      Promise.all(
        half(two).map(({ key }) =>
          api.post('/actions/batch', key, { items: Array.from({ length: count }, () => item) }).expect(200),
        ),
      );
    await some(5);
    await untilFound(1);
    await servers[0]?.stop();
    const { rows } = await client.query<{ saved: number }>('select saved_event_id as saved from immune_progress');
    expect(rows[0]?.saved).toBeGreaterThan(0);

    servers = [await startProcess(environment)];
    api = api.at(servers[0]?.url ?? '');
    await some(3);
    await runInCircles(half(three));
    await untilFound(LOOPERS / 2 + 3);
    await kill(servers[0]);
    servers = [await startProcess(environment)];
    api = api.at(servers[0]?.url ?? '');
    await expectEachOnce((3 * LOOPERS) / 2);
  });
});

describe('two servers', () => {
  it('of which the one that judges is killed: the other takes over, no finding twice, none missing', async () => {
    await until('somebody judges', async () => (await judge()) !== null);
    const first = await judge();
    servers.push(await startProcess(environment));
    const loopers = await newLoopers('shared');
    const [judging, other] = servers;
    await runInCircles(loopers.slice(0, LOOPERS / 2));
    await untilFound(3);
    expect(await judge()).toBe(first);
    await kill(judging);
    api = api.at(other?.url ?? '');
    await runInCircles(loopers.slice(LOOPERS / 2));
    await expectEachOnce(LOOPERS);
    expect(await judge()).not.toBe(first);
  });
});
