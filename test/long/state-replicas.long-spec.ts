import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type supertest from 'supertest';
import { Api, type TestAgent } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const REPLICAS = 3;
const CLIENTS = 64;
/** Actions that are authorized before the change, and refused after it. */
const ACTIONS = 3 * CLIENTS;
const COST = 0.001;
/** Enough for hundreds of actions, and of a thousandth of it not for one. */
const BUDGET = 0.9;
/** Longest wait for them, in ms. */
const PATIENCE_MS = 25_000;

/** A policy that restricts nobody who acts here. */
const UNRESTRICTED = {
  may_act: ['task', 'reflex'],
  limits_share: 1,
  approvals: { kind: 'none' },
  sensitivity: 1,
};

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
        body: JSON.stringify({ action_type: 'x', cost: { amount: COST } }),
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

/** Clients of task agents and a reflex act on all replicas while something is changed; answers who was authorized after its event. */
async function authorizedAfter(change: (arbiter: string) => supertest.Test): Promise<string[]> {
  // Logged in once, before many ask for it.
  await api.as('operator');
  const agents = await Promise.all(
    Array.from({ length: CLIENTS }, (_, n) => api.registerAgent(`busy-${n}`, { budget: BUDGET })),
  );
  const reflex = await api.registerAgent('reflex', { budget: BUDGET, type: 'reflex' });
  const arbiter = await api.as('arbiter');
  const stop = new AbortController();
  const statuses: Statuses = new Map();
  const acting = actUntil([...agents.slice(1), reflex], stop.signal, statuses);
  let entered: number;
  try {
    await untilCounted(statuses, 201);
    const answer = await change(arbiter).expect(200);
    entered = (answer.body as { event: { id: number } }).event.id;
    await untilCounted(statuses, 403);
  } finally {
    stop.abort();
    await acting;
  }
  // What the reflex has left may run out.
  expect([...statuses.keys()].filter((status) => ![201, 402, 403, 429].includes(status))).toEqual([]);
  const { bodies } = await walkLog(database.url);
  const authorized = bodies.filter((b) => b['type'] === 'actions.authorize' && b['outcome'] === 'succeeded');
  const later = authorized.filter((b) => Number(b['id']) > entered).map((b) => (b['actor'] as { id: string }).id);
  expect(authorized.length - later.length).toBeGreaterThanOrEqual(ACTIONS);
  const refused = bodies.filter((b) => b['outcome'] === 'denied' && Number(b['id']) > entered);
  expect(refused.length).toBeGreaterThanOrEqual(ACTIONS);
  return later;
}

describe('the state on several replicas', () => {
  it('authorizes nothing for task agents after the event that enters defend, on any of them', async () => {
    const later = await authorizedAfter((arbiter) =>
      api.post('/state/transition', arbiter, { to_state: 'defend', trigger: 'a test' }),
    );
    expect(later.length).toBeGreaterThan(0);
    expect(new Set(later)).toEqual(new Set(['reflex']));
  });

  it.each([{ approvals: { kind: 'all' } }, { limits_share: 0.001 }])(
    'authorizes nothing at all after the event that sets %j, on any of them',
    async (terms) => {
      const architect = await api.as('intent_architect');
      const later = await authorizedAfter(() =>
        api.put('/state/policies/observe', architect, { ...UNRESTRICTED, ...terms }),
      );
      expect(later).toEqual([]);
    },
  );

  it('is moved once by a finding, whichever of them sees it', async () => {
    const architect = await api.as('intent_architect');
    await api.put('/state/policies/observe', architect, { ...UNRESTRICTED, dwell_seconds: 0 }).expect(200);
    const rule = { detector: 'budget_refusals', threshold: 1, window_seconds: 60, answer: 'throttle' };
    await api.put('/immune/policies/budget-refusals', architect, rule).expect(200);
    const agent = await api.registerAgent('greedy', { budget: 1 });
    await api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 9 } }).expect(402);
    await pause(3_500);
    const { bodies } = await walkLog(database.url);
    expect(bodies.filter((b) => b['type'] === 'arbiter.transition')).toHaveLength(1);
  });
});
