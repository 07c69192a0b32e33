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
/** How long the swarm acts before and after it is shut down, in ms. */
const ACTS_MS = 2_000;

let database: TestDatabase;
let servers: ServerProcess[] = [];
let api: Api;
let agents: TestAgent[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const environment = testEnvironment(database.url);
  servers = await Promise.all(Array.from({ length: REPLICAS }, () => startProcess(environment)));
  api = new Api(servers[0]?.url ?? '');
  await api.as('arbiter');
  for (let i = 0; i < AGENTS; i += 50) {
    const more = Array.from({ length: 50 }, (_, n) => api.registerAgent(`swarm-${i + n}`, { budget: 1_000 }));
    agents = [...agents, ...(await Promise.all(more))];
  }
}, 300_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
});

describe('a swarm', () => {
  it('is shut down by one command while it acts on every replica: nothing is authorized after it', async () => {
    let isOn = true;
    let granted = 0;
    const client = async (n: number): Promise<void> => {
      for (let i = n; isOn; i += CLIENTS + 1) {
        const { key } = agents[i % AGENTS] as TestAgent;
        const answer = await fetch(`${servers[i % REPLICAS]?.url}/api/v1/actions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ action_type: 'x', cost: { amount: 0.01 } }),
        });
        if (answer.status === 201) granted += 1;
        await answer.arrayBuffer();
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, n) => client(n));
    await new Promise((resolve) => setTimeout(resolve, ACTS_MS));
    const before = granted;
    const started = performance.now();
    const items = agents.map(({ id }) => ({ agent_id: id, reason: 'the swarm is shut down' }));
    const answer = await api.post('/immune/quarantine/batch', await api.as('arbiter'), { items }).expect(200);
    const took = performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, ACTS_MS));
    isOn = false;
    await Promise.all(clients);

    const decided = (answer.body as { items: { status: number; agent_id: string; event: { id: number } }[] }).items;
    expect(decided.map((item) => item.status)).toEqual(items.map(() => 200));
    const orders = new Map(decided.map((item) => [item.agent_id, item.event.id]));
    const late = await authorizedAfter(orders);
    expect(before).toBeGreaterThan(100);
    expect(late).toEqual([]);
    await walkLog(database.url);
    const first = Math.min(...orders.values());
    process.stderr.write(
      `${AGENTS} agents isolated in ${Math.round(took)} ms while ${CLIENTS} clients acted on ${REPLICAS} replicas: ` +
        `${before} actions authorized before event ${first}, none of theirs after their own\n`,
    );
  }, 120_000);
});

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
