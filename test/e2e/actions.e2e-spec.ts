import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let made = 0;

beforeAll(async () => {
  app = await startTestApp({ ACTION_TTL_SECONDS: '900' });
});

afterAll(() => app.close());

/** An agent of its own for each test. */
function newAgent(budget?: number, options: { type?: string; capabilities?: string[] } = {}): Promise<TestAgent> {
  made += 1;
  return app.api.registerAgent(`actor-${made}`, { ...options, ...(budget === undefined ? {} : { budget }) });
}

function act(agent: TestAgent, amount: number, more: object = {}) {
  return app.api.post('/actions', agent.key, { action_type: 'email.send', cost: { amount }, ...more });
}

async function budgetOf(agent: TestAgent): Promise<Record<string, number>> {
  const answer = await app.api.get(`/metabolism/budget/${agent.id}`, agent.key).expect(200);
  return answer.body as Record<string, number>;
}

describe('an action', () => {
  it('is held and recorded before it runs, then settled at its real cost', async () => {
    const agent = await newAgent(10);
    const authorized = await act(agent, 4, { payload: { to: 'customer-17' } }).expect(201);
    expect(authorized.body).toMatchObject({
      status: 'authorized',
      reserved: { amount: 4, unit: 'usd' },
      remaining_budget: 6,
    });
    expect(await budgetOf(agent)).toMatchObject({ reserved_budget: 4, spent_budget: 0 });
    const { action_id, event } = authorized.body as { action_id: string; event: { id: number; hash: string } };

    const done = await app.api
      .post(`/actions/${action_id}/complete`, agent.key, { status: 'success', cost: { amount: 1.25 } })
      .expect(200);
    expect(done.body).toMatchObject({
      status: 'succeeded',
      cost: { amount: 1.25, unit: 'usd' },
      remaining_budget: 8.75,
      debt: 0,
    });
    expect(await budgetOf(agent)).toMatchObject({
      total_budget: 10,
      reserved_budget: 0,
      spent_budget: 1.25,
      remaining_budget: 8.75,
    });

    const auditor = await app.api.as('auditor');
    const log = await app.api.get(`/audit/events?subject_id=${action_id}`, auditor).expect(200);
    const [first, second] = (log.body as { items: Record<string, unknown>[] }).items;
    expect(first).toMatchObject({
      ...event,
      type: 'actions.authorize',
      outcome: 'succeeded',
      actor: { type: 'agent', id: agent.id },
    });
    expect(second).toMatchObject({ type: 'actions.complete', caused_by: event.id });
  });

  it('costs its hold on success and nothing on failure, unless it says otherwise', async () => {
    const agent = await newAgent(10);
    for (const [body, spent] of [
      [{ status: 'success' }, 2],
      [{ status: 'failed' }, 2],
      [{ status: 'failed', cost: { amount: 0.5 } }, 2.5],
      [{ status: 'success', cost: { amount: 0 } }, 2.5],
    ] as const) {
      const { action_id } = (await act(agent, 2).expect(201)).body as { action_id: string };
      await app.api.post(`/actions/${action_id}/complete`, agent.key, body).expect(200);
      expect(await budgetOf(agent)).toMatchObject({ spent_budget: spent, reserved_budget: 0 });
    }
  });

  it('is refused without a budget, beyond it, and in debt even at cost 0', async () => {
    const poor = await newAgent();
    const none = await act(poor, 0).expect(402);
    expect(none.body).toMatchObject({ code: 'METABOLISM.BUDGET_EXCEEDED', status: 402 });
    expect((none.body as { event: unknown }).event).toBeDefined();

    const agent = await newAgent(1);
    await act(agent, 1.000000001).expect(402);
    const { action_id } = (await act(agent, 1).expect(201)).body as { action_id: string };
    await act(agent, 0.000000001).expect(402);
    const done = await app.api
      .post(`/actions/${action_id}/complete`, agent.key, { status: 'success', cost: { amount: 1.5 } })
      .expect(200);
    expect(done.body).toMatchObject({ debt: 0.5, remaining_budget: 0 });
    await act(agent, 0).expect(402);
    const operator = await app.api.as('operator');
    await app.api.post('/metabolism/allocate', operator, { agent_id: agent.id, total_budget: 2 }).expect(200);
    expect(await budgetOf(agent)).toMatchObject({ debt: 0, spent_budget: 0.5, remaining_budget: 1.5 });
    await act(agent, 1.5).expect(201);
  });

  it('is completed once, in its own unit, and only by its own agent', async () => {
    const [agent, other] = [await newAgent(10), await newAgent(10)];
    const { action_id } = (await act(agent, 1).expect(201)).body as { action_id: string };
    const path = `/actions/${action_id}/complete`;
    expect((await app.api.post(path, other.key, { status: 'success' }).expect(404)).body).toMatchObject({
      code: 'ACTIONS.NOT_FOUND',
    });
    const wrong = { status: 'success', cost: { amount: 1, unit: 'tokens' } };
    expect((await app.api.post(path, agent.key, wrong).expect(409)).body).toMatchObject({
      code: 'ACTIONS.UNIT_MISMATCH',
    });
    await app.api.post(path, agent.key, { status: 'success' }).expect(200);
    expect((await app.api.post(path, agent.key, { status: 'failed' }).expect(409)).body).toMatchObject({
      code: 'ACTIONS.ALREADY_COMPLETED',
    });
    await app.api.get(`/actions/${action_id}`, other.key).expect(404);
    await app.api.get(`/actions/${action_id}`, agent.key).expect(200);
  });

  it('needs a capability where the agent has a list of them', async () => {
    const agent = await newAgent(10, { capabilities: ['email.send'] });
    await act(agent, 1).expect(201);
    expect((await act(agent, 1, { action_type: 'money.send' }).expect(403)).body).toMatchObject({
      code: 'AGENTS.NOT_CAPABLE',
    });
  });

  it('keeps units apart', async () => {
    const agent = await newAgent(1);
    const operator = await app.api.as('operator');
    await app.api
      .post('/metabolism/allocate', operator, { agent_id: agent.id, total_budget: 1000, unit: 'tokens' })
      .expect(200);
    await app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 999, unit: 'tokens' } }).expect(201);
    expect(await budgetOf(agent)).toMatchObject({ remaining_budget: 1 });
  });
});

describe('an idempotency key', () => {
  it('gives the same answer again, says so, and does nothing twice', async () => {
    const agent = await newAgent(10);
    const first = await act(agent, 1).set('Idempotency-Key', 'once').expect(201);
    const again = await act(agent, 1).set('Idempotency-Key', 'once').expect(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(await budgetOf(agent)).toMatchObject({ reserved_budget: 1 });
  });

  it('is refused for another body, whatever the order of members', async () => {
    const agent = await newAgent(10);
    await app.api
      .post('/actions', agent.key, { action_type: 'a', cost: { amount: 1 } })
      .set('Idempotency-Key', 'k')
      .expect(201);
    await app.api
      .post('/actions', agent.key, { cost: { amount: 1 }, action_type: 'a' })
      .set('Idempotency-Key', 'k')
      .expect(201);
    const other = await app.api
      .post('/actions', agent.key, { action_type: 'b', cost: { amount: 1 } })
      .set('Idempotency-Key', 'k');
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ code: 'SPINE.IDEMPOTENCY_KEY_REUSED' });
  });

  it('replays a refusal, and has one effect when two come at once', async () => {
    const agent = await newAgent(1);
    const refused = await act(agent, 5).set('Idempotency-Key', 'no').expect(402);
    const operator = await app.api.as('operator');
    await app.api.post('/metabolism/allocate', operator, { agent_id: agent.id, total_budget: 50 }).expect(200);
    expect((await act(agent, 5).set('Idempotency-Key', 'no').expect(402)).body).toEqual(refused.body);

    const both = await Promise.all(Array.from({ length: 8 }, () => act(agent, 2).set('Idempotency-Key', 'twin')));
    expect(new Set(both.map((a) => JSON.stringify(a.body))).size).toBe(1);
    expect(await budgetOf(agent)).toMatchObject({ reserved_budget: 2 });
  });

  it.each(['', 'a'.repeat(256), 'tab\there'])('refuses the form of %j', async (key) => {
    const agent = await newAgent(1);
    const answer = await fetch(`${app.url}/api/v1/actions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.key}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ action_type: 'x', cost: { amount: 0 } }),
    });
    expect(answer.status).toBe(400);
  });
});

describe('a batch', () => {
  it('decides each item in order, with an event each', async () => {
    const agent = await newAgent(5);
    const item = { action_type: 'x', cost: { amount: 2 } };
    const answer = await app.api
      .post('/actions/batch', agent.key, { items: [item, item, item, { ...item, cost: { amount: 1 } }] })
      .expect(200);
    const { items } = answer.body as {
      items: { status: number; problem?: { code: string }; event?: { id: number } }[];
    };
    expect(items.map((i) => i.status)).toEqual([201, 201, 402, 201]);
    expect(items[2]?.problem).toMatchObject({ code: 'METABOLISM.BUDGET_EXCEEDED' });
    const ids = items.map((i) => i.event?.id ?? (i.problem as { event?: { id: number } }).event?.id ?? 0);
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  });

  it('shares the space of idempotency keys with the single route', async () => {
    const agent = await newAgent(10);
    const action = { action_type: 'x', cost: { amount: 2 } };
    const single = await app.api.post('/actions', agent.key, action).set('Idempotency-Key', 'shared').expect(201);
    const batch = await app.api
      .post('/actions/batch', agent.key, { items: [{ ...action, idempotency_key: 'shared' }] })
      .expect(200);
    const { items } = batch.body as { items: { action_id: string; idempotency_replayed: boolean }[] };
    expect(items[0]).toMatchObject({
      action_id: (single.body as { action_id: string }).action_id,
      idempotency_replayed: true,
    });
    expect(await budgetOf(agent)).toMatchObject({ reserved_budget: 2 });
  });

  it('is one of 1 to 1,000 items', async () => {
    const agent = await newAgent(10);
    await app.api.post('/actions/batch', agent.key, { items: [] }).expect(400);
    const items = Array.from({ length: 1001 }, () => ({ action_type: 'x', cost: { amount: 0 } }));
    await app.api.post('/actions/batch', agent.key, { items }).expect(400);
    const answer = await app.api.post('/actions/batch', agent.key, { items: items.slice(1) }).expect(200);
    expect((answer.body as { items: unknown[] }).items).toHaveLength(1000);
  });
});

describe('a charge', () => {
  it('is booked whole, the rest as debt', async () => {
    const agent = await newAgent(1);
    const charge = {
      cost_type: 'llm.call',
      cost_amount: 1.75,
      occurred_at: '2026-01-31T12:00:00+01:00',
      attributes: { model: 'small' },
    };
    const booked = await app.api.post('/metabolism/charge', agent.key, charge).expect(201);
    expect(booked.body).toMatchObject({ charged: { amount: 1.75, unit: 'usd' }, remaining_budget: 0, debt: 0.75 });
    const ledger = await app.api.get('/metabolism/ledger', agent.key).expect(200);
    expect((ledger.body as { items: unknown[] }).items).toMatchObject([
      {
        agent_id: agent.id,
        cost_type: 'llm.call',
        amount: 1.75,
        occurred_at: '2026-01-31T11:00:00.000000Z',
        estimated: false,
      },
    ]);
    const totals = await app.api.get('/metabolism/costs?group_by=cost_type', agent.key).expect(200);
    expect((totals.body as { items: unknown[] }).items).toEqual([
      { cost_type: 'llm.call', unit: 'usd', total: 1.75, entries: 1 },
    ]);
  });

  it('without a budget is refused with its amount in the log', async () => {
    const agent = await newAgent();
    const answer = await app.api
      .post('/metabolism/charge', agent.key, { cost_type: 'x', cost_amount: 3.5 })
      .expect(402);
    const { id } = (answer.body as { event: { id: number } }).event;
    const event = await app.api.get(`/audit/events/${id}`, await app.api.as('auditor')).expect(200);
    expect(event.body).toMatchObject({ outcome: 'denied', payload: { cost: { amount: '3.5', unit: 'usd' } } });
  });

  it('comes in batches', async () => {
    const agent = await newAgent(10);
    const items = [1, 2, 3].map((n) => ({ cost_type: 'x', cost_amount: n, idempotency_key: `c${n}` }));
    for (let i = 0; i < 2; i += 1) await app.api.post('/metabolism/charge/batch', agent.key, { items }).expect(200);
    expect(await budgetOf(agent)).toMatchObject({ spent_budget: 6 });
  });
});
