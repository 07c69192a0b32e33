import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plusSeconds } from '../../src/platform/time.js';
import { inserted } from '../../src/event-log/effect.js';
import type { StopKind } from '../../src/organs/immune/entities/stop-order.entity.js';
import { requestStop } from '../../src/organs/immune/stop.rules.js';
import { STOP_ORDERS } from '../../src/organs/immune/tables.js';
import { Api, type TestAgent } from '../support/api.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { note, openSpine, type TestSpine } from '../support/test-spine.js';

interface Order {
  readonly id: string;
  readonly status: string;
  readonly actions: readonly string[];
  readonly event_id: number;
  readonly answered_at: string | null;
}

let app: TestApp;
let other: ServerProcess;
let spine: TestSpine;
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  other = await startProcess(app.environment);
  spine = openSpine(app.databaseUrl);
});

afterAll(async () => {
  await spine.spine.close();
  await other.stop();
  await app.close();
});

async function newAgent(): Promise<TestAgent> {
  made += 1;
  return app.api.registerAgent(`ordered-${made}`, { budget: 10 });
}

/** Orders an agent to stop, as the quarantine's transaction does; with so many seconds to confirm. Answers the order's id. */
async function stop(agent: TestAgent, kind: StopKind = 'quarantine', confirmSeconds = 30): Promise<string> {
  const reply = await spine.execute(
    note('stop', {
      decide: (_state, context) => {
        const { row } = requestStop(agent.id, kind, 'a test', [], context);
        const order = { ...row, confirm_by: plusSeconds(context.now, confirmSeconds) };
        return { outcome: 'succeeded', answer: { id: row.id }, effects: [inserted(STOP_ORDERS, order)] };
      },
    }),
  );
  return (JSON.parse(reply.body) as { id: string }).id;
}

const orders = async (agent: TestAgent, wait = 0, api = app.api): Promise<Order[]> =>
  ((await api.get(`/agents/${agent.id}/orders?wait_seconds=${wait}`, agent.key).expect(200)).body as { items: Order[] })
    .items;
const confirm = (agent: TestAgent, id: string) => app.api.post(`/agents/${agent.id}/orders/${id}/confirm`, agent.key);

async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now();
  return { value: await work, ms: performance.now() - started };
}

describe('an agent', () => {
  it('is told at once of an order that is made while it waits, on whichever replica', async () => {
    const agent = await newAgent();
    const elsewhere = new Api(other.url);
    const waits = [timed(orders(agent, 20)), timed(orders(agent, 20, elsewhere))];
    await sleep(600);
    const id = await stop(agent);
    for (const { value, ms } of await Promise.all(waits)) {
      expect(value).toMatchObject([{ id, status: 'requested', kind: 'quarantine', answered_at: null }]);
      expect(ms).toBeGreaterThan(500);
      expect(ms).toBeLessThan(3_000);
    }
    const { value, ms } = await timed(orders(agent, 20));
    expect(value).toHaveLength(1);
    expect(ms).toBeLessThan(1_000);
    const beat = await app.api.post(`/agents/${agent.id}/heartbeat`, agent.key).expect(200);
    expect(beat.body).toMatchObject({ orders: [{ id }] });
  });

  it('hears of nothing at the end of its wait, and waits in few requests only', async () => {
    const agent = await newAgent();
    const waits = Array.from({ length: 4 }, () => timed(orders(agent, 2)));
    await sleep(500);
    const refused = await app.api.get(`/agents/${agent.id}/orders?wait_seconds=2`, agent.key).expect(429);
    expect(refused.body).toMatchObject({ code: 'IMMUNE.TOO_MANY_WAITING' });
    expect(refused.headers['retry-after']).toBe('5');
    for (const { value, ms } of await Promise.all(waits)) {
      expect(value).toEqual([]);
      expect(ms).toBeGreaterThan(1_900);
    }
    for (const wait of ['31', '-1', 'x', '1.5'])
      await app.api.get(`/agents/${agent.id}/orders?wait_seconds=${wait}`, agent.key).expect(400);
  });

  it('leaves no wait behind when it goes away', async () => {
    const agent = await newAgent();
    for (let i = 0; i < 6; i += 1) {
      const gone = fetch(`${app.url}/api/v1/agents/${agent.id}/orders?wait_seconds=30`, {
        headers: { authorization: `Bearer ${agent.key}` },
        signal: AbortSignal.timeout(200),
      });
      await expect(gone).rejects.toThrow('aborted');
    }
    await sleep(100);
    expect(await orders(agent, 1)).toEqual([]);
  });

  it('confirms once, whatever its standing is', async () => {
    const [agent, stranger] = [await newAgent(), await newAgent()];
    const arbiter = await app.api.as('arbiter');
    const [first, second] = [await stop(agent), await stop(agent, 'terminate')];
    await app.api.post('/immune/quarantine', arbiter, { agent_id: agent.id, reason: 'a test' }).expect(200);
    await app.api.post(`/agents/${stranger.id}/orders/${first}/confirm`, stranger.key).expect(404);
    await app.api.post(`/agents/${agent.id}/orders/${first}/confirm`, stranger.key).expect(403);
    const done = await confirm(agent, first).expect(200);
    expect(done.body).toMatchObject({ order_id: first, agent_id: agent.id, status: 'confirmed' });
    expect((await confirm(agent, first).expect(409)).body).toMatchObject({ code: 'IMMUNE.STOP_ALREADY_CONFIRMED' });
    const left = (await orders(agent)).map(({ id }) => id);
    expect(left).toContain(second);
    expect(left).not.toContain(first);
    await confirm(agent, second).expect(200);
  });

  it('confirms nothing any more when it is ended: no key of it is in force', async () => {
    const agent = await newAgent();
    const order = await stop(agent);
    const end = { agent_id: agent.id, reason: 'a test' };
    await app.api.post('/immune/terminate', await app.api.as('arbiter'), end).expect(200);
    expect((await confirm(agent, order).expect(403)).body).toMatchObject({ code: 'IMMUNE.TERMINATED' });
  });

  it('that has not confirmed in time is told as unconfirmed, once, and may still confirm', async () => {
    const agent = await newAgent();
    const id = await stop(agent, 'quarantine', 1);
    const operator = await app.api.as('operator');
    const list = async (status: string): Promise<Order[]> => {
      const page = await app.api.get(`/immune/orders?agent_id=${agent.id}&status=${status}`, operator).expect(200);
      return (page.body as { items: Order[] }).items;
    };
    for (let i = 0; i < 100 && (await list('unconfirmed')).length === 0; i += 1) await sleep(100);
    expect(await list('unconfirmed')).toMatchObject([{ id, answered_at: null, answered_event_id: null }]);
    await sleep(2_000);
    const auditor = await app.api.as('auditor');
    const log = await app.api.get(`/audit/events?subject_id=${id}`, auditor).expect(200);
    expect((log.body as { items: unknown[] }).items).toMatchObject([
      { type: 'immune.stop_unconfirmed', actor: { type: 'system', id: 'immune' } },
    ]);
    expect(await orders(agent)).toMatchObject([{ id, status: 'unconfirmed' }]);
    const late = (await confirm(agent, id).expect(200)).body as { event: { id: number } };
    expect(await list('confirmed')).toMatchObject([{ id, answered_event_id: late.event.id }]);
    expect(await list('requested')).toEqual([]);
  });
});

describe('what runs when a stop is ordered', () => {
  it('is not renewed any more, also after a release', async () => {
    const agent = await newAgent();
    const act = async (): Promise<string> => {
      const answer = await app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 1 } }).expect(201);
      return (answer.body as { action_id: string }).action_id;
    };
    const renewed = async (): Promise<string[]> => {
      const beat = await app.api.post(`/agents/${agent.id}/heartbeat`, agent.key).expect(200);
      return (beat.body as { leases: { action_id: string }[] }).leases.map(({ action_id }) => action_id);
    };
    const before = await act();
    expect(await renewed()).toEqual([before]);
    await confirm(agent, await stop(agent)).expect(200);
    const after = await act();
    expect(await renewed()).toEqual([after]);
  });
});

describe('a server that stops', () => {
  it('answers those who wait', async () => {
    const agent = await newAgent();
    const third = await startProcess(app.environment);
    const wait = timed(orders(agent, 30, new Api(third.url)));
    await sleep(1_000);
    expect(await third.stop()).toBe(0);
    const { value, ms } = await wait;
    expect(value).toEqual([]);
    expect(ms).toBeLessThan(5_000);
  });
});
