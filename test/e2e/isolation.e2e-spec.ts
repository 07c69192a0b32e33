import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let [operator, arbiter, architect, auditor]: string[] = [];

beforeAll(async () => {
  app = await startTestApp();
  operator = await app.api.as('operator');
  arbiter = await app.api.as('arbiter');
  architect = await app.api.as('intent_architect');
  auditor = await app.api.as('auditor');
});

afterAll(() => app.close());

const act = (agent: TestAgent, amount = 1, more = {}) =>
  app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount }, ...more });
const order = (verb: string, agent: TestAgent, more = {}) =>
  app.api.post(`/immune/${verb}`, arbiter, { agent_id: agent.id, reason: 'a test', ...more });
const budgetOf = async (agent: TestAgent): Promise<Record<string, number>> =>
  (await app.api.get(`/metabolism/budget/${agent.id}`, operator).expect(200)).body as Record<string, number>;

interface Listed {
  readonly items: { readonly id: number; readonly type: string; readonly caused_by: number | null }[];
}

/** Events that followed from one, in order. */
async function following(eventId: number): Promise<string[]> {
  const { items } = (await app.api.get(`/audit/events?after_id=${eventId}&limit=50`, auditor).expect(200))
    .body as Listed;
  return items.filter((event) => event.caused_by === eventId).map((event) => event.type);
}

describe('a quarantine', () => {
  it('gives back what was never begun, leaves what was begun, and says so event by event in one commit', async () => {
    const agent = await app.api.registerAgent('half-done', { budget: 10 });
    const begun = (await act(agent, 2).expect(201)).body as { action_id: string };
    const waiting = (await act(agent, 3, { deferred: true }).expect(201)).body as { action_id: string };
    expect(await budgetOf(agent)).toMatchObject({ reserved_budget: 5 });
    const { event } = (await order('quarantine', agent).expect(200)).body as { event: { id: number } };
    expect(await budgetOf(agent)).toMatchObject({ reserved_budget: 2, spent_budget: 0, remaining_budget: 8 });
    expect(await following(event.id)).toEqual(['actions.void']);
    const status = async (id: string) => (await app.api.get(`/actions/${id}`, agent.key).expect(200)).body as unknown;
    expect(await status(waiting.action_id)).toMatchObject({ status: 'void' });
    expect(await status(begun.action_id)).toMatchObject({ status: 'authorized' });
    const orders = await app.api.get(`/agents/${agent.id}/orders`, agent.key).expect(200);
    expect((orders.body as { items: unknown[] }).items).toMatchObject([
      { kind: 'quarantine', status: 'requested', actions: [begun.action_id], event_id: event.id },
    ]);
  });

  it('takes the older keys, and leaves the newest to complete and to confirm with', async () => {
    const agent = await app.api.registerAgent('rekeyed', { budget: 10 });
    const rotated = await app.api.post(`/agents/${agent.id}/keys`, operator, { grace_seconds: 600 }).expect(200);
    const newest = { id: agent.id, key: (rotated.body as { api_key: string }).api_key };
    const { action_id } = (await act(agent).expect(201)).body as { action_id: string };
    await order('quarantine', agent).expect(200);
    expect((await act(agent).expect(403)).body).toMatchObject({ code: 'IMMUNE.QUARANTINED', event: {} });
    await app.api.get(`/actions/${action_id}`, agent.key).expect(403);
    await app.api.post(`/actions/${action_id}/complete`, newest.key, { status: 'success' }).expect(200);
    await order('release', agent).expect(200);
    await app.api.get(`/actions/${action_id}`, agent.key).expect(401);
  });

  it('holds for all below the agent, and its release for those that it brought about', async () => {
    const [top, middle, leaf, own] = [
      await app.api.registerAgent('top', { budget: 10 }),
      await app.api.registerAgent('middle', { budget: 10, parent: 'top' }),
      await app.api.registerAgent('leaf', { budget: 10, parent: 'middle' }),
      await app.api.registerAgent('own-fault', { budget: 10, parent: 'top' }),
    ];
    await order('quarantine', own).expect(200);
    const answer = await order('quarantine', top).expect(200);
    expect((answer.body as { children: string[] }).children).toEqual(['middle', 'leaf']);
    for (const agent of [top, middle, leaf, own]) {
      expect((await act(agent).expect(403)).body).toMatchObject({ code: 'IMMUNE.QUARANTINED' });
    }
    const body = { agent_id: 'late-child', type: 'task', parent_id: 'top' };
    expect((await app.api.post('/agents', operator, body).expect(409)).body).toMatchObject({
      code: 'AGENTS.PARENT_NOT_ACTIVE',
    });
    const released = await order('release', top, { probation: { share: 0.5, seconds: 60 } }).expect(200);
    expect(released.body).toMatchObject({ children: ['middle', 'leaf'], on_probation: true });
    await act(leaf).expect(201);
    expect((await act(leaf, 5).expect(403)).body).toMatchObject({ code: 'IMMUNE.PROBATION' });
    await act(own).expect(403);
  });

  it('is refused below too many levels and below an agent that is not there', async () => {
    for (const [id, parent] of [
      ['level-2', 'level-1'],
      ['level-3', 'level-2'],
      ['level-4', 'level-3'],
    ] as const) {
      if (id === 'level-2') await app.api.registerAgent('level-1');
      await app.api.registerAgent(id, { parent });
    }
    const below = (parent: string) =>
      app.api.post('/agents', operator, { agent_id: `below-${parent}`, type: 'task', parent_id: parent });
    expect((await below('level-4').expect(409)).body).toMatchObject({ code: 'AGENTS.TOO_DEEP' });
    expect((await below('nobody').expect(404)).body).toMatchObject({ code: 'AGENTS.PARENT_NOT_FOUND' });
  });
});

describe('probation', () => {
  it('lets an agent use a share of each limit, counted from its release, for a time', async () => {
    const agent = await app.api.registerAgent('on-trial', { budget: 10 });
    const { action_id } = (await act(agent, 4).expect(201)).body as { action_id: string };
    await app.api.post(`/actions/${action_id}/complete`, agent.key, { status: 'success' }).expect(200);
    await order('quarantine', agent).expect(200);
    await order('release', agent, { probation: { share: 0.3, seconds: 3 } }).expect(200);
    await act(agent, 2).expect(201);
    expect((await act(agent, 1.5).expect(403)).body).toMatchObject({ code: 'IMMUNE.PROBATION' });
    await act(agent, 1).expect(201);
    const status = await app.api.get(`/immune/status/${agent.id}`, operator).expect(200);
    expect(status.body).toMatchObject({ on_probation: true, probation: { share: 0.3 }, is_quarantined: false });
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    await act(agent, 1.5).expect(201);
  });

  it.each([{ share: 0 }, { share: 1.1 }, { share: 0.2899 }, { seconds: 0 }, { days: 1 }, 'yes', []])(
    'is not %j',
    async (probation) => {
      await order('release', { id: 'nobody', key: '' }, { probation }).expect(400);
    },
  );
});

describe('termination', () => {
  it('leaves no key, no hold and no child', async () => {
    const agent = await app.api.registerAgent('doomed', { budget: 10 });
    const child = await app.api.registerAgent('doomed-child', { budget: 10, parent: 'doomed' });
    await act(agent, 2).expect(201);
    await act(agent, 3, { deferred: true }).expect(201);
    await act(child, 1).expect(201);
    const answer = await order('terminate', agent).expect(200);
    expect(answer.body).toMatchObject({ is_terminated: true, children: ['doomed-child'] });
    expect(await budgetOf(agent)).toMatchObject({ reserved_budget: 0, spent_budget: 2 });
    expect(await budgetOf(child)).toMatchObject({ reserved_budget: 0, spent_budget: 1 });
    for (const each of [agent, child]) {
      expect((await act(each).expect(403)).body).toMatchObject({ code: 'IMMUNE.TERMINATED' });
      await app.api.get(`/metabolism/budget/${each.id}`, each.key).expect(403);
      const { keys } = (await app.api.get(`/agents/${each.id}`, operator).expect(200)).body as {
        keys: { expires_at: string | null }[];
      };
      expect(keys.every((key) => key.expires_at !== null)).toBe(true);
    }
    const open = await app.api.get('/actions?agent_id=doomed&status=authorized', operator).expect(200);
    expect(open.body).toMatchObject({ items: [] });
  });
});

describe('policies', () => {
  const rule = { detector: 'budget_refusals', threshold: 2, window_seconds: 60, answer: 'throttle' };

  it('are data with a version: the nearest to an agent goes, and a throttle slows it down', async () => {
    const agent = await app.api.registerAgent('slowed', { budget: 10 });
    const made = await app.api
      .put('/immune/policies/slow-refusals', architect, { ...rule, scope: 'agent:slowed', expected_version: 0 })
      .expect(200);
    expect(made.body).toMatchObject({ id: 'slow-refusals', version: 1, mode: 'on', cool_down_seconds: 300 });
    for (let i = 0; i < 2; i += 1) await act(agent, 99).expect(402);
    for (let i = 0; i < 6; i += 1) await act(agent, 0.1).expect(201);
    expect((await act(agent, 0.1).expect(403)).body).toMatchObject({ code: 'IMMUNE.THROTTLED' });
    const found = await app.api.get('/immune/findings?agent_id=slowed', agent.key).expect(200);
    expect((found.body as { items: unknown[] }).items).toMatchObject([
      { detector: 'budget_refusals', answer: 'throttle', observed: 2, policy_id: 'slow-refusals', policy_version: 1 },
    ]);
  });

  it('slow down what was deferred as well, and no further finding gives the count back', async () => {
    const agent = await app.api.registerAgent('deferring', { budget: 10 });
    await app.api
      .put('/immune/policies/slow-deferring', architect, { ...rule, scope: 'agent:deferring', cool_down_seconds: 0 })
      .expect(200);
    const waiting: string[] = [];
    for (let i = 0; i < 7; i += 1) {
      const { body } = await act(agent, 0.1, { deferred: true }).expect(201);
      waiting.push((body as { action_id: string }).action_id);
    }
    for (let i = 0; i < 2; i += 1) await act(agent, 99).expect(402);
    const begin = (id: string) => app.api.post(`/actions/${id}/begin`, agent.key);
    for (const id of waiting.slice(0, 3)) await begin(id).expect(200);
    // Found again: the same throttle lasts longer, and nothing is forgotten.
    for (let i = 0; i < 2; i += 1) await act(agent, 99).expect(402);
    for (const id of waiting.slice(3, 6)) await begin(id).expect(200);
    expect((await begin(waiting[6] ?? '').expect(403)).body).toMatchObject({ code: 'IMMUNE.THROTTLED' });
  });

  it('find without effect in shadow', async () => {
    const agent = await app.api.registerAgent('shadowed', { budget: 10 });
    const shadow = { ...rule, answer: 'terminate', mode: 'shadow', scope: 'agent:shadowed' };
    await app.api.put('/immune/policies/shadow-refusals', architect, shadow).expect(200);
    for (let i = 0; i < 2; i += 1) await act(agent, 99).expect(402);
    await act(agent, 1).expect(201);
    const found = await app.api.get('/immune/findings?agent_id=shadowed&mode=shadow', operator).expect(200);
    expect((found.body as { items: unknown[] }).items).toMatchObject([{ answer: 'terminate', mode: 'shadow' }]);
  });

  it('are changed by whoever saw their last version, and stand once for each detector and scope', async () => {
    const put = (id: string, more = {}) => app.api.put(`/immune/policies/${id}`, architect, { ...rule, ...more });
    expect((await put('second', { scope: 'agent:slowed' }).expect(409)).body).toMatchObject({
      code: 'IMMUNE.POLICY_EXISTS',
    });
    const stale = { scope: 'agent:slowed', expected_version: 7 };
    expect((await put('slow-refusals', stale).expect(409)).body).toMatchObject({ code: 'IMMUNE.POLICY_CHANGED' });
    const elsewhere = await put('slow-refusals', { scope: 'agent:shadowed' }).expect(409);
    expect(elsewhere.body).toMatchObject({ code: 'IMMUNE.POLICY_FIXED' });
    const off = await put('slow-refusals', { scope: 'agent:slowed', mode: 'off', expected_version: 1 }).expect(200);
    expect(off.body).toMatchObject({ version: 2, mode: 'off', cool_down_seconds: 300 });
    for (const wrong of [{ detector: 'hunch' }, { answer: 'scold' }, { threshold: -1 }, { window_seconds: 0 }])
      await put('wrong', wrong).expect(400);
    await app.api.put('/immune/policies/mine', operator, rule).expect(403);
  });
});
