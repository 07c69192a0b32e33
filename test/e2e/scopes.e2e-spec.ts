import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let operator: string;
let arbiter: string;

beforeAll(async () => {
  app = await startTestApp();
  operator = await app.api.as('operator');
  arbiter = await app.api.as('arbiter');
});

afterAll(() => app.close());

interface Limit {
  readonly limit_id: string;
  readonly scope_id: string;
  readonly unit: string;
  readonly spent: number;
  readonly held: number;
  readonly debt: number;
  readonly remaining: number;
}

interface Scope {
  readonly scope_id: string;
  readonly limits: Limit[];
}

const daily = (limit: number, unit = 'usd') => ({ unit, limit, window: 'day', time_zone: 'Europe/Berlin' });

async function group(name: string, parent: string | undefined, limits: object[] = []): Promise<string> {
  const body = { name, limits, ...(parent === undefined ? {} : { parent_id: parent }) };
  const made = await app.api.post('/metabolism/scopes', operator, body).expect(201);
  return (made.body as Scope).scope_id;
}

async function agentIn(id: string, parent: string): Promise<TestAgent> {
  const agent = await app.api.registerAgent(id);
  await app.api.patch(`/metabolism/scopes/agent:${id}`, operator, { parent_id: parent }).expect(200);
  return agent;
}

const limitsOf = async (scopeId: string): Promise<Limit[]> => {
  const answer = await app.api.get(`/metabolism/scopes/${scopeId}`, operator).expect(200);
  return (answer.body as Scope).limits;
};

const act = (agent: TestAgent, body: object) =>
  app.api.post('/actions', agent.key, { action_type: 'llm.call', ...body });

async function authorized(agent: TestAgent, body: object): Promise<string> {
  const answer = await act(agent, body).expect(201);
  return (answer.body as { action_id: string }).action_id;
}

const events = async (type: string, subject: string): Promise<{ body: Record<string, unknown> }[]> => {
  const auditor = await app.api.as('auditor');
  const answer = await app.api.get(`/audit/events?type=${type}&subject_id=${subject}`, auditor).expect(200);
  return (answer.body as { items: { payload: Record<string, unknown> }[] }).items.map(({ payload }) => ({
    body: payload,
  }));
};

describe('an action', () => {
  it('must fit in every scope above its agent, and a refusal names the one that said no', async () => {
    const company = await group('company', undefined, [daily(10)]);
    const team = await group('team', company, [daily(6), daily(3, 'calls')]);
    const agent = await agentIn('fits', team);
    await authorized(agent, {
      costs: [
        { amount: 4, unit: 'usd' },
        { amount: 1, unit: 'calls' },
      ],
    });
    const refused = await act(agent, {
      costs: [
        { amount: 3, unit: 'usd' },
        { amount: 1, unit: 'calls' },
      ],
    }).expect(402);
    expect(refused.body).toMatchObject({ scope_id: team, unit: 'usd', required: 3, remaining_budget: 2 });
    expect(await limitsOf(company)).toMatchObject([{ held: 4, remaining: 6 }]);
    expect(await limitsOf(team)).toMatchObject([
      { unit: 'usd', held: 4, remaining: 2 },
      { unit: 'calls', held: 1, remaining: 2 },
    ]);
    const sibling = await agentIn('fits-too', company);
    await authorized(sibling, { cost: { amount: 6 } });
    const full = await act(agent, { costs: [{ amount: 1, unit: 'usd' }] }).expect(402);
    expect(full.body).toMatchObject({ scope_id: company, remaining_budget: 0 });
  });

  it('of several units holds all of them or nothing, and settles them together', async () => {
    const team = await group('units', undefined, [daily(10), daily(2, 'calls')]);
    const agent = await agentIn('units', team);
    const both = (usd: number, calls: number) => ({
      costs: [
        { amount: usd, unit: 'usd' },
        { amount: calls, unit: 'calls' },
      ],
    });
    const id = await authorized(agent, both(5, 2));
    expect((await act(agent, both(1, 1)).expect(402)).body).toMatchObject({ unit: 'calls' });
    expect(await limitsOf(team)).toMatchObject([{ held: 5 }, { held: 2 }]);
    const done = await app.api
      .post(`/actions/${id}/complete`, agent.key, { status: 'success', ...both(4, 1) })
      .expect(200);
    expect(done.body).toMatchObject({ costs: [{ amount: 4 }, { amount: 1 }], remaining_budget: 6, debt: 0 });
    expect(await limitsOf(team)).toMatchObject([
      { held: 0, spent: 4 },
      { held: 0, spent: 1 },
    ]);
    const other = await authorized(agent, { cost: { amount: 1 } });
    await app.api
      .post(`/actions/${other}/complete`, agent.key, { status: 'success', ...both(1, 1) })
      .expect(409)
      .expect(({ body }) => expect(body).toMatchObject({ code: 'ACTIONS.UNIT_MISMATCH' }));
  });

  it('of nobody with a limit in its unit is refused', async () => {
    const agent = await app.api.registerAgent('unlimited');
    expect((await act(agent, { cost: { amount: 0 } }).expect(402)).body).toMatchObject({
      scope_id: 'agent:unlimited',
      remaining_budget: 0,
    });
  });
});

describe('a group', () => {
  it('moved while actions are open leaves what they spend where it was held', async () => {
    const from = await group('from', undefined, [daily(10)]);
    const to = await group('to', undefined, [daily(10)]);
    const team = await group('moved', from);
    const agent = await agentIn('moved', team);
    const id = await authorized(agent, { cost: { amount: 3 } });
    await app.api.patch(`/metabolism/scopes/${team}`, operator, { parent_id: to }).expect(200);
    await authorized(agent, { cost: { amount: 1 } });
    await app.api.post(`/actions/${id}/complete`, agent.key, { status: 'success', cost: { amount: 2 } }).expect(200);
    expect(await limitsOf(from)).toMatchObject([{ spent: 2, held: 0, remaining: 8 }]);
    expect(await limitsOf(to)).toMatchObject([{ spent: 0, held: 1, remaining: 9 }]);
    const ledger = await app.api.get('/metabolism/ledger?agent_id=moved', operator).expect(200);
    expect(ledger.body).toMatchObject({ items: [{ scopes: ['agent:moved', team, from, 'substrate'] }] });
  });

  it('nests six levels, and never below itself', async () => {
    let parent: string | undefined;
    const groups: string[] = [];
    for (let level = 1; level <= 6; level += 1) {
      parent = await group(`level-${level}`, parent);
      groups.push(parent);
    }
    const deeper = { name: 'seven', parent_id: parent };
    expect((await app.api.post('/metabolism/scopes', operator, deeper).expect(409)).body).toMatchObject({
      code: 'METABOLISM.SCOPE_TOO_DEEP',
    });
    const [top = '', second = ''] = groups;
    const loop = await app.api.patch(`/metabolism/scopes/${top}`, operator, { parent_id: second }).expect(409);
    expect(loop.body).toMatchObject({ code: 'METABOLISM.SCOPE_LOOP' });
    const tall = await group('tall', await group('base', undefined));
    const moved = await app.api.patch(`/metabolism/scopes/${second}`, operator, { parent_id: tall }).expect(409);
    expect(moved.body).toMatchObject({ code: 'METABOLISM.SCOPE_TOO_DEEP' });
    await app.api.patch('/metabolism/scopes/substrate', operator, { parent_id: top }).expect(409);
    await app.api.post('/metabolism/scopes', operator, { name: 'x', parent_id: 'agent:moved' }).expect(409);
    await app.api.patch('/metabolism/scopes/0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', operator, { name: 'x' }).expect(404);
  });

  it('has a limit resized in the middle of its window go on with what it bears', async () => {
    const team = await group('resized', undefined, [daily(10)]);
    const agent = await agentIn('resized', team);
    await authorized(agent, { cost: { amount: 4 } });
    await app.api.patch(`/metabolism/scopes/${team}`, operator, { limits: [daily(5), daily(9, 'calls')] }).expect(200);
    expect(await limitsOf(team)).toMatchObject([
      { unit: 'usd', limit: 5, held: 4, remaining: 1 },
      { unit: 'calls', limit: 9, remaining: 9 },
    ]);
    await app.api.patch(`/metabolism/scopes/${team}`, operator, { limits: [] }).expect(200);
    expect(await limitsOf(team)).toEqual([]);
    await act(agent, { cost: { amount: 0 } }).expect(402);
  });

  it.each([
    [{ limits: [{ limit: 1, window: 'fortnight' }] }, '/limits/0/window'],
    [{ limits: [{ limit: 1, window: 'day', time_zone: 'Mars/Olympus' }] }, '/limits/0/time_zone'],
    [{ limits: [{ limit: 1, window: 'month', rolling: true }] }, '/limits/0/rolling'],
    [{ limits: [daily(1), daily(2)] }, '/limits'],
    [{ limits: [{ limit: 0, window: 'day' }] }, '/limits/0/limit'],
    [{ thresholds: [0] }, '/thresholds'],
    [{ parent_id: 'nowhere' }, '/parent_id'],
  ])('is not said %p', async (body, pointer) => {
    const answer = await app.api.post('/metabolism/scopes', operator, { name: 'x', ...body }).expect(400);
    expect((answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer).toBe(pointer);
  });
});

describe('an overrun', () => {
  it('is debt in the same commit, which blocks every agent below until it is forgiven', async () => {
    const team = await group('overrun', undefined, [daily(10)]);
    const agent = await agentIn('overruns', team);
    const other = await agentIn('suffers', team);
    const id = await authorized(agent, { cost: { amount: 1 } });
    const done = await app.api
      .post(`/actions/${id}/complete`, agent.key, { status: 'success', cost: { amount: 13 } })
      .expect(200);
    expect(done.body).toMatchObject({ debt: 3, remaining_budget: 0 });
    expect((await act(other, { cost: { amount: 0 } }).expect(402)).body).toMatchObject({ scope_id: team });
    const [limit] = await limitsOf(team);
    expect(limit).toMatchObject({ spent: 10, debt: 3 });
    expect(await events('metabolism.debt', team)).toMatchObject([{ body: { debt: '3', unit: 'usd' } }]);
    expect((await events('metabolism.threshold', team)).map(({ body }) => body['percent'])).toEqual([50, 80, 95, 100]);

    const relief = { limit_id: limit?.limit_id, how: 'forgive', reason: 'the vendor refunded it' };
    await app.api.post(`/metabolism/scopes/${team}/debt`, operator, relief).expect(403);
    await app.api.post(`/metabolism/scopes/${team}/debt`, arbiter, { ...relief, amount: 4 }).expect(409);
    await app.api.post(`/metabolism/scopes/${team}/debt`, arbiter, relief).expect(200);
    expect(await limitsOf(team)).toMatchObject([{ spent: 10, debt: 0, remaining: 0 }]);
    await app.api.post(`/metabolism/scopes/${team}/debt`, arbiter, { ...relief, how: 'fund', amount: 5 }).expect(200);
    expect(await limitsOf(team)).toMatchObject([{ spent: 10, debt: 0, remaining: 5, funded: 5 }]);
    await authorized(other, { cost: { amount: 5 } });
  });

  it('charged after the fact is booked in every scope above', async () => {
    const team = await group('charged', undefined, [daily(10)]);
    const agent = await agentIn('charges', team);
    await app.api
      .post('/metabolism/charge', agent.key, { cost_type: 'llm.call', cost_amount: 2.000000001 })
      .expect(201);
    expect(await limitsOf(team)).toMatchObject([{ spent: 2.000000001, remaining: 7.999999999 }]);
  });
});

describe('thresholds', () => {
  it('are told once in a window, also where they are the own', async () => {
    const team = await group('told', undefined, [daily(100)]);
    await app.api.patch(`/metabolism/scopes/${team}`, operator, { thresholds: [10, 90] }).expect(200);
    const agent = await agentIn('told', team);
    const percents = async () => (await events('metabolism.threshold', team)).map(({ body }) => body['percent']);
    const id = await authorized(agent, { cost: { amount: 12 } });
    expect(await percents()).toEqual([10]);
    await app.api.post(`/actions/${id}/complete`, agent.key, { status: 'failed' }).expect(200);
    await authorized(agent, { cost: { amount: 12 } });
    expect(await percents()).toEqual([10]);
    await authorized(agent, { cost: { amount: 80 } });
    expect(await percents()).toEqual([10, 90]);
  });
});

describe('an agent', () => {
  it('sees its own scope and no other', async () => {
    const team = await group('secret', undefined, [daily(1)]);
    const agent = await agentIn('curious', team);
    await app.api.get('/metabolism/scopes/agent:curious', agent.key).expect(200);
    await app.api.get(`/metabolism/scopes/${team}`, agent.key).expect(404);
    const list = await app.api.get('/metabolism/scopes', agent.key).expect(200);
    expect((list.body as { items: Scope[] }).items.map((s) => s.scope_id)).toEqual(['agent:curious']);
  });
});
