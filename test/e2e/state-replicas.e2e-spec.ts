import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Api, type TestAgent } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const REPLICAS = 3;
const CLIENTS = 64;
/** Actions that are authorized before the move, and refused after it. */
const ACTIONS = 3 * CLIENTS;
/** Longest wait for them, in ms. */
const PATIENCE_MS = 25_000;

let servers: ServerProcess[];
let database: TestDatabase;
let api: Api;

beforeEach(async () => {
  database = await createTestDatabase();
  const environment = testEnvironment(database.url);
  servers = await Promise.all(Array.from({ length: REPLICAS }, () => startProcess(environment)));
  api = new Api(servers[0]?.url ?? '');
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
});

/** How often each status came. */
type Statuses = Map<number, number>;

/** Clients of many agents that act on all replicas until they are told to stop, and count. */
async function actUntil(agents: readonly TestAgent[], stopped: AbortSignal, statuses: Statuses): Promise<void> {
  const client = async (n: number): Promise<void> => {
    for (let i = 0; !stopped.aborted; i += 1) {
      const agent = agents[n % agents.length];
      const { status, body } = await fetch(`${servers[(n + i) % REPLICAS]?.url}/api/v1/actions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${agent?.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ action_type: 'x', cost: { amount: 0.001 } }),
      });
      await body?.cancel();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // Whoever is refused sixty times a minute is no longer answered by a decision.
      if (status !== 201) await pause(200);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n)));
}

async function untilCounted(statuses: Statuses, status: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while ((statuses.get(status) ?? 0) < ACTIONS && Date.now() < deadline) await pause(20);
  expect(statuses.get(status)).toBeGreaterThanOrEqual(ACTIONS);
}

describe('the state on several replicas', () => {
  it('authorizes nothing for task agents after the event that enters defend, on any of them', async () => {
    // Logged in once, before many ask for it.
    await api.as('operator');
    const agents = await Promise.all(
      Array.from({ length: CLIENTS }, (_, n) => api.registerAgent(`busy-${n}`, { budget: 100 })),
    );
    const reflex = await api.registerAgent('reflex', { budget: 100, type: 'reflex' });
    const arbiter = await api.as('arbiter');
    const stop = new AbortController();
    const statuses: Statuses = new Map();
    const acting = actUntil([...agents.slice(1), reflex], stop.signal, statuses);
    await untilCounted(statuses, 201);
    const move = await api.post('/state/transition', arbiter, { to_state: 'defend', trigger: 'a test' }).expect(200);
    await untilCounted(statuses, 403);
    stop.abort();
    await acting;
    expect([...statuses.keys()].filter((status) => ![201, 403, 429].includes(status))).toEqual([]);
    const entered = (move.body as { event: { id: number } }).event.id;
    const { bodies } = await walkLog(database.url);
    const authorized = bodies.filter((b) => b['type'] === 'actions.authorize' && b['outcome'] === 'succeeded');
    const later = authorized.filter((b) => Number(b['id']) > entered).map((b) => (b['actor'] as { id: string }).id);
    expect(authorized.length - later.length).toBeGreaterThanOrEqual(ACTIONS);
    expect(later.length).toBeGreaterThan(0);
    expect(new Set(later)).toEqual(new Set(['reflex']));
    const refused = bodies.filter((b) => b['outcome'] === 'denied' && Number(b['id']) > entered);
    expect(refused.length).toBeGreaterThanOrEqual(ACTIONS);
  });

  it('is moved once by a finding, whichever of them sees it', async () => {
    const architect = await api.as('intent_architect');
    const terms = { may_act: ['task'], limits_share: 1, approvals: { kind: 'none' }, sensitivity: 1 };
    await api.put('/state/policies/observe', architect, { ...terms, dwell_seconds: 0 }).expect(200);
    const rule = { detector: 'budget_refusals', threshold: 1, window_seconds: 60, answer: 'throttle' };
    await api.put('/immune/policies/budget-refusals', architect, rule).expect(200);
    const agent = await api.registerAgent('greedy', { budget: 1 });
    await api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 9 } }).expect(402);
    await pause(3_500);
    const { bodies } = await walkLog(database.url);
    expect(bodies.filter((b) => b['type'] === 'arbiter.transition')).toHaveLength(1);
  });
});
