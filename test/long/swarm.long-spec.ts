import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '../../src/platform/database/client.js';
import { Api, type TestAgent } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const REPLICAS = 3;
const AGENTS = 1_000;
const CLIENTS = 64;
/** Agents below one root; CHILDREN_MAX are allowed. */
const CHILDREN = 250;
/** Agents that are out of budget at the same moment. */
const BROKE = 300;
/** Refusals for lack of budget that isolate. */
const REFUSALS = 10;
/** Actions that are authorized before the order, at least. */
const BEFORE = 200;
/** How long the swarm goes on asking after it, in ms. */
const ACTS_MS = 2_000;

let database: TestDatabase;
let servers: ServerProcess[] = [];
let api: Api;
let agents: TestAgent[] = [];
let family: TestAgent[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const environment = testEnvironment(database.url);
  servers = await Promise.all(Array.from({ length: REPLICAS }, () => startProcess(environment)));
  api = new Api(servers[0]?.url ?? '');
  await api.as('arbiter');
  await api.as('operator');
  agents = await registered(AGENTS, 'swarm');
  family = [await api.registerAgent('root', { budget: 1_000 }), ...(await registered(CHILDREN, 'child', 'root'))];
}, 300_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
});

async function registered(count: number, name: string, parent?: string): Promise<TestAgent[]> {
  const all: TestAgent[] = [];
  for (let i = 0; i < count; i += 50) {
    const options = { budget: 1_000, ...(parent === undefined ? {} : { parent }) };
    const more = Array.from({ length: 50 }, (_, n) => api.registerAgent(`${name}-${i + n}`, options));
    all.push(...(await Promise.all(more)));
  }
  return all;
}

interface Shutdown<T> {
  readonly answer: T;
  readonly took: number;
  /** Actions authorized before the order was sent. */
  readonly before: number;
}

/** Agents act through all clients on all replicas, before, while and after somebody gives an order. */
async function whileActing<T>(acting: readonly TestAgent[], order: () => Promise<T>): Promise<Shutdown<T>> {
  let isOn = true;
  let granted = 0;
  const strange = new Set<number>();
  const client = async (n: number): Promise<void> => {
    // The clients share the agents out; all together come round to each of them on each replica.
    for (let i = n; isOn; i += CLIENTS) {
      const { key } = acting[i % acting.length] as TestAgent;
      const answer = await fetch(`${servers[(i + Math.floor(i / acting.length)) % REPLICAS]?.url}/api/v1/actions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ action_type: 'x', cost: { amount: 0.01 } }),
      });
      if (answer.status === 201) granted += 1;
      else if (![403, 429].includes(answer.status)) strange.add(answer.status);
      await answer.arrayBuffer();
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, n) => client(n));
  while (granted < BEFORE) await pause(20);
  const before = granted;
  const started = performance.now();
  const answer = await order();
  const took = performance.now() - started;
  await pause(ACTS_MS);
  isOn = false;
  await Promise.all(clients);
  expect([...strange]).toEqual([]);
  return { answer, took, before };
}

describe('a swarm', () => {
  it('is shut down by one command while it acts on every replica: nothing is authorized after it', async () => {
    const items = agents.map(({ id }) => ({ agent_id: id, reason: 'the swarm is shut down' }));
    const arbiter = await api.as('arbiter');
    const { answer, took, before } = await whileActing(agents, async () => {
      const { body } = await api.post('/immune/quarantine/batch', arbiter, { items }).expect(200);
      return (body as { items: { status: number; agent_id: string; event: { id: number } }[] }).items;
    });
    expect(answer.map((item) => item.status)).toEqual(items.map(() => 200));
    const orders = new Map(answer.map((item) => [item.agent_id, item.event.id]));
    expect(await authorizedAfter(orders)).toEqual([]);
    await walkLog(database.url);
    const first = Math.min(...orders.values());
    process.stderr.write(
      `${AGENTS} agents isolated in ${Math.round(took)} ms while ${CLIENTS} clients acted on ${REPLICAS} replicas: ` +
        `${before} actions authorized before event ${first}, none of theirs after their own\n`,
    );
  }, 120_000);

  it('below one root is shut down with it by one command: nothing is authorized after it', async () => {
    const arbiter = await api.as('arbiter');
    const { answer, took, before } = await whileActing(family, async () => {
      const body = { agent_id: 'root', reason: 'it and all below it' };
      const answered = await api.post('/immune/quarantine', arbiter, body).expect(200);
      return answered.body as { children: string[]; event: { id: number } };
    });
    expect(answer.children.toSorted()).toEqual(
      family
        .slice(1)
        .map(({ id }) => id)
        .toSorted(),
    );
    const orders = await isolations();
    expect([...orders.keys()]).toEqual(expect.arrayContaining(family.map(({ id }) => id)));
    // One transaction: all events of the isolation stand in a row.
    const own = family.map(({ id }) => orders.get(id) ?? 0);
    expect([Math.min(...own), Math.max(...own)]).toEqual([answer.event.id, answer.event.id + CHILDREN]);
    expect(await authorizedAfter(orders)).toEqual([]);
    await walkLog(database.url);
    process.stderr.write(
      `a root and ${CHILDREN} children isolated in ${Math.round(took)} ms while ${CLIENTS} clients acted on ` +
        `${REPLICAS} replicas: ${before} actions authorized before, none after\n`,
    );
  }, 120_000);
});

describe('a swarm that is out of budget', () => {
  it('is isolated agent by agent, each at its tenth refusal, though all come at once', async () => {
    const broke = await registered(BROKE, 'broke');
    const item = { action_type: 'x', cost: { amount: 2_000 } };
    const items = Array.from({ length: REFUSALS + 1 }, () => item);
    const codes: string[] = [];
    /** A server that cannot keep up says so, and nothing was done. */
    const untilTaken = async (ask: () => ReturnType<Api['post']>): Promise<Awaited<ReturnType<Api['post']>>> => {
      for (;;) {
        const answer = await ask();
        if (answer.status !== 503) return answer;
        codes.push((answer.body as { code: string }).code);
        await pause(100);
      }
    };
    const started = performance.now();
    const answers = await Promise.all(
      broke.map(async ({ key }) => {
        const { body } = await untilTaken(() => api.post('/actions/batch', key, { items }));
        return (body as { items: { status: number }[] }).items.map(({ status }) => status);
      }),
    );
    const took = performance.now() - started;
    for (const statuses of answers) expect(statuses).toEqual([...Array.from({ length: REFUSALS }, () => 402), 403]);
    const orders = await isolations();
    expect([...orders.keys()]).toEqual(expect.arrayContaining(broke.map(({ id }) => id)));
    await walkLog(database.url);
    process.stderr.write(
      `${BROKE} agents out of budget at once: all isolated after ${Math.round(took)} ms, asked again: ${codes.length} ${[...new Set(codes)].join(' ')}\n`,
    );
  }, 120_000);
});

/** The events that isolated agents, by agent. */
async function isolations(): Promise<Map<string, number>> {
  const client = createClient(database.url, 'audit');
  await client.connect();
  try {
    const { rows } = await client.query<{ id: number; subject_id: string }>(
      `select id, subject_id from event_log where type = 'immune.quarantine' and outcome = 'succeeded'`,
    );
    return new Map(rows.map((row) => [row.subject_id, row.id]));
  } finally {
    await client.end();
  }
}

/** Authorizations of an agent behind the event that isolated it. */
async function authorizedAfter(orders: ReadonlyMap<string, number>): Promise<number[]> {
  const client = createClient(database.url, 'audit');
  await client.connect();
  try {
    const { rows } = await client.query<{ id: number; actor_id: string }>(
      `select id, actor_id from event_log where type = 'actions.authorize' and outcome = 'succeeded' order by id`,
    );
    return rows.filter(({ id, actor_id: agentId }) => id > (orders.get(agentId) ?? Infinity)).map(({ id }) => id);
  } finally {
    await client.end();
  }
}
