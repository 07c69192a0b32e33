import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let [operator, arbiter]: string[] = [];

beforeAll(async () => {
  app = await startTestApp();
  [operator, arbiter] = [await app.api.as('operator'), await app.api.as('arbiter')];
});

afterAll(() => app.close());

const act = (agent: TestAgent, amount = 1) =>
  app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount } });
const order = (verb: string, agent: TestAgent, more = {}) =>
  app.api.post(`/immune/${verb}`, arbiter, { agent_id: agent.id, reason: 'a test', ...more });

describe('quarantine', () => {
  it('holds for the next command; what was authorized before may be completed and charged, and the budget is only frozen', async () => {
    const agent = await app.api.registerAgent('isolated', { budget: 10 });
    const { action_id } = (await act(agent, 3).expect(201)).body as { action_id: string };
    await order('quarantine', agent).expect(200);
    expect((await act(agent).expect(403)).body).toMatchObject({ code: 'IMMUNE.QUARANTINED' });
    expect((await order('quarantine', agent).expect(409)).body).toMatchObject({ code: 'IMMUNE.ALREADY_QUARANTINED' });
    const charge = { cost_type: 'x', cost_amount: 1 };
    await app.api.post('/metabolism/charge', agent.key, charge).expect(403);
    await app.api.post('/metabolism/charge', agent.key, { ...charge, action_id }).expect(201);
    await app.api
      .post(`/actions/${action_id}/complete`, agent.key, { status: 'success', cost: { amount: 2 } })
      .expect(200);
    const budget = await app.api.get(`/metabolism/budget/${agent.id}`, agent.key).expect(200);
    expect(budget.body).toMatchObject({ total_budget: 10, spent_budget: 3, remaining_budget: 7 });
    const status = await app.api.get(`/immune/status/${agent.id}`, operator).expect(200);
    expect(status.body).toMatchObject({
      is_quarantined: true,
      reason: 'a test',
      quarantine: { quarantined_by: { type: 'user' } },
    });
    await order('release', agent).expect(200);
    await act(agent).expect(201);
    expect((await order('release', agent).expect(409)).body).toMatchObject({ code: 'IMMUNE.NOT_QUARANTINED' });
    const list = await app.api.get(`/immune/quarantine?agent_id=${agent.id}&open=false`, operator).expect(200);
    expect((list.body as { items: unknown[] }).items).toMatchObject([{ release_reason: 'a test' }]);
  });

  it('comes by itself at the tenth refusal for lack of budget, in the same transaction, on the evidence of all ten', async () => {
    const agent = await app.api.registerAgent('greedy', { budget: 1 });
    const refusals: number[] = [];
    for (let i = 0; i < 10; i += 1)
      refusals.push(((await act(agent, 99).expect(402)).body as { event: { id: number } }).event.id);
    expect((await act(agent, 0).expect(403)).body).toMatchObject({ code: 'IMMUNE.QUARANTINED' });
    const { quarantine } = (await app.api.get(`/immune/status/${agent.id}`, operator).expect(200)).body as {
      quarantine: Record<string, unknown>;
    };
    expect(quarantine).toMatchObject({
      evidence: refusals,
      // The finding stands between the refusal and what follows from it.
      event_id: (refusals.at(-1) ?? 0) + 2,
      finding_id: `budget-refusals/1/greedy/${refusals.at(-1)}`,
      quarantined_by: { type: 'system', id: 'budget-refusals' },
    });
    await order('release', agent, { probation: true }).expect(200);
    await act(agent, 99).expect(402);
    await act(agent, 0).expect(403);
  });

  it('comes to one of ten items of a batch and holds for the eleventh', async () => {
    const agent = await app.api.registerAgent('greedy-batch', { budget: 1 });
    const items = Array.from({ length: 12 }, () => ({ action_type: 'x', cost: { amount: 99 } }));
    const answer = await app.api.post('/actions/batch', agent.key, { items }).expect(200);
    expect((answer.body as { items: { status: number }[] }).items.map((i) => i.status)).toEqual([
      ...Array.from({ length: 10 }, () => 402),
      403,
      403,
    ]);
  });
});

describe('apoptosis', () => {
  it('is final', async () => {
    const agent = await app.api.registerAgent('ended', { budget: 10 });
    const { action_id } = (await act(agent).expect(201)).body as { action_id: string };
    await order('terminate', agent).expect(200);
    for (const answer of [
      await act(agent),
      await app.api.post(`/actions/${action_id}/complete`, agent.key, { status: 'success' }),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({ code: 'IMMUNE.TERMINATED' });
    }
    await app.api.post(`/agents/${agent.id}/heartbeat`, agent.key).expect(403);
    for (const verb of ['release', 'quarantine', 'terminate']) await order(verb, agent).expect(409);
    await app.api.patch(`/agents/${agent.id}`, operator, { description: 'x' }).expect(409);
    await app.api.post('/agents', operator, { agent_id: agent.id, type: 'task' }).expect(409);
  });
});

describe('an agent', () => {
  it('has keys that are rotated with a grace and revoked at once', async () => {
    const agent = await app.api.registerAgent('rotating', { budget: 10 });
    const rotate = (grace_seconds?: number) =>
      app.api.post(`/agents/${agent.id}/keys`, operator, grace_seconds === undefined ? {} : { grace_seconds });
    const second = (await rotate(60).expect(200)).body as { api_key: string; key_id: string };
    await act(agent).expect(201);
    await act({ ...agent, key: second.api_key }).expect(201);
    const third = (await rotate().expect(200)).body as { api_key: string; key_id: string };
    await act(agent).expect(401);
    await act({ ...agent, key: second.api_key }).expect(401);
    await app.api.delete(`/agents/${agent.id}/keys/${third.key_id}`, operator).expect(200);
    await act({ ...agent, key: third.api_key }).expect(401);
    await app.api.get('/state', third.api_key).expect(401);
    await app.api.delete(`/agents/${agent.id}/keys/${third.key_id}`, operator).expect(409);
    const detail = await app.api.get(`/agents/${agent.id}`, operator).expect(200);
    expect((detail.body as { keys: unknown[] }).keys).toHaveLength(3);
    expect(JSON.stringify(detail.body)).not.toContain(agent.key.slice(12));
  });

  it('is listed page by page, by key', async () => {
    for (const id of ['page-1', 'page-2', 'page-3']) await app.api.registerAgent(id, { type: 'sensor' });
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await app.api
        .get(`/agents?type=sensor&limit=2${cursor ? `&cursor=${cursor}` : ''}`, operator)
        .expect(200);
      const { items, next_cursor } = page.body as { items: { agent_id: string }[]; next_cursor: string | null };
      seen.push(...items.map((i) => i.agent_id));
      cursor = next_cursor;
    }
    expect(seen).toEqual(['page-1', 'page-2', 'page-3']);
    await app.api.get('/agents?cursor=%21', operator).expect(400);
  });

  it('is heard of by its heartbeat, which is no event', async () => {
    const agent = await app.api.registerAgent('beating');
    const head = async () =>
      ((await app.api.get('/health').expect(200)).body as { log: { last_event_id: number } }).log.last_event_id;
    const before = await head();
    await app.api.post(`/agents/${agent.id}/heartbeat`, agent.key).expect(200);
    expect(await head()).toBe(before);
    const seen = await app.api.get(`/agents/${agent.id}`, operator).expect(200);
    expect(seen.body).toMatchObject({ last_seen: expect.stringMatching(/^\d{4}-/) });
  });
});

describe('the state', () => {
  it('lets only reflex agents act in defend, and goes where the contract says', async () => {
    const [task, reflex] = [
      await app.api.registerAgent('a-task', { budget: 9 }),
      await app.api.registerAgent('a-reflex', { budget: 9, type: 'reflex' }),
    ];
    const move = (to_state: string, as = arbiter) =>
      app.api.post('/state/transition', as, { to_state, trigger: 'a test' });
    expect((await move('act').expect(409)).body).toMatchObject({ code: 'ARBITER.INVALID_TRANSITION' });
    await move('defend', operator).expect(403);
    expect((await move('alert', operator).expect(200)).body).toMatchObject({ success: true, new_state: 'alert' });
    await act(task).expect(201);
    await move('defend').expect(200);
    expect((await act(task).expect(403)).body).toMatchObject({ code: 'ARBITER.STATE_FORBIDS' });
    await act(reflex).expect(201);
    await move('observe', operator).expect(403);
    await move('observe').expect(200);
    await act(task).expect(201);
    const history = await app.api.get('/state/history', task.key).expect(200);
    expect((history.body as { items: { to_state: string }[] }).items.map((i) => i.to_state)).toEqual([
      'observe',
      'defend',
      'alert',
    ]);
  });
});

describe('a caller that only hears no', () => {
  it('is answered 429 after sixty refusals in a minute, and one event counts the rest', async () => {
    const auditor = await app.api.as('auditor');
    const maintainer = await app.api.as('maintainer');
    const tries = await Promise.all(Array.from({ length: 70 }, () => app.api.post('/immune/release', maintainer, {})));
    expect(tries.filter((t) => t.status === 403)).toHaveLength(60);
    const limited = tries.filter((t) => t.status === 429);
    expect(limited).toHaveLength(10);
    expect(limited[0]?.headers['retry-after']).toBeDefined();
    const log = await app.api.get('/audit/events?type=immune.release&outcome=denied&limit=200', auditor).expect(200);
    expect(
      (log.body as { items: { actor: { id: string } }[] }).items.filter((e) => e.actor.id !== 'system').length,
    ).toBeGreaterThanOrEqual(60);
  });
});
