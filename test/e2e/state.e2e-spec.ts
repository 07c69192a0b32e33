import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** What a state does where a test says nothing else. */
const TERMS = { may_act: ['sensor', 'task', 'reflex'], limits_share: 1, approvals: { kind: 'none' }, sensitivity: 1 };
/** Two looks of the job that moves the state, and some, in ms. */
const LOOKS_MS = 2_600;
/** Longest wait for something that must come, in ms. */
const PATIENCE_MS = 20_000;

interface StateAnswer {
  readonly current_state: string;
  readonly raised_by: string;
  readonly since: string;
  readonly trigger: string;
  readonly event_id: number;
  readonly may_leave_at: string | null;
}

interface Body {
  readonly id: number;
  readonly type: string;
  readonly outcome: string;
  readonly occurred_at: string;
  readonly caused_by: number | null;
  readonly actor: { readonly type: string; readonly id: string };
  readonly payload: Record<string, unknown>;
}

let app: TestApp;
let [architect, arbiter, operator]: string[] = [];

beforeAll(async () => {
  app = await startTestApp();
  architect = await app.api.as('intent_architect');
  arbiter = await app.api.as('arbiter');
  operator = await app.api.as('operator');
});

afterAll(() => app.close());

const state = async (): Promise<StateAnswer> => (await app.api.get('/state', operator).expect(200)).body as StateAnswer;
const move = (to_state: string, as = arbiter) => app.api.post('/state/transition', as, { to_state, trigger: 'a test' });
const set = (name: string, terms: object = {}) =>
  app.api.put(`/state/policies/${name}`, architect, { ...TERMS, dwell_seconds: 0, quiet_seconds: 1, ...terms });
const act = (agent: TestAgent, amount = 1, more: object = {}) =>
  app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount }, ...more });

/** One refusal for lack of budget is a finding, which is answered so. */
const findRefusals = (answer: string) =>
  app.api
    .put('/immune/policies/budget-refusals', architect, {
      detector: 'budget_refusals',
      threshold: 1,
      window_seconds: 60,
      answer,
    })
    .expect(200);
const provoke = (agent: TestAgent) => act(agent, 99).expect(402);

const log = async (): Promise<Body[]> => (await walkLog(app.databaseUrl)).bodies as unknown as Body[];

async function until(what: (now: StateAnswer) => boolean): Promise<StateAnswer> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await pause(100)) {
    const now = await state();
    if (what(now)) return now;
  }
  throw new Error(`the state stays ${JSON.stringify(await state())}`);
}

describe('what a state does', () => {
  it('is a table that intent architects change, version by version', async () => {
    const list = await app.api.get('/state/policies', operator).expect(200);
    expect(list.body).toMatchObject({
      items: [
        { state: 'observe', may_act: TERMS.may_act, limits_share: 1, approvals: { kind: 'none' }, sensitivity: 1 },
        { state: 'alert', may_act: TERMS.may_act, sensitivity: 0.9, dwell_seconds: 300, quiet_seconds: 900 },
        { state: 'act', may_act: TERMS.may_act, sensitivity: 1 },
        { state: 'defend', may_act: ['reflex'], sensitivity: 0.9, version: 1 },
      ],
      next_cursor: null,
    });
    const put = await set('act', { may_act: ['reflex', 'task'], expected_version: 1 }).expect(200);
    expect(put.body).toMatchObject({ state: 'act', may_act: ['task', 'reflex'], version: 2 });
    const late = await set('act', { expected_version: 1 }).expect(409);
    expect(late.body).toMatchObject({ code: 'ARBITER.POLICY_CHANGED' });
    await app.api.put('/state/policies/act', arbiter, TERMS).expect(403);
  });

  it.each([
    [{ may_act: ['human'] }, '/may_act'],
    [{ limits_share: 0 }, '/limits_share'],
    [{ limits_share: 1.5 }, '/limits_share'],
    [{ limits_share: 0.12345 }, '/limits_share'],
    [{ sensitivity: 0.05 }, '/sensitivity'],
    [{ approvals: { kind: 'some' } }, '/approvals'],
    [{ approvals: { kind: 'all', action_types: ['x'] } }, '/approvals'],
    [{ approvals: { kind: 'types', action_types: [] } }, '/approvals'],
    [{ approvals: { kind: 'types', action_types: ['*'] } }, '/approvals'],
    [{ approvals: { kind: 'types', action_types: ['a*b'] } }, '/approvals'],
    [{ approvals: null }, '/approvals'],
    [{ dwell_seconds: -1 }, '/dwell_seconds'],
    [{ quiet_seconds: 0 }, '/quiet_seconds'],
  ])('is no %j', async (terms, pointer) => {
    const answer = await set('act', terms).expect(400);
    expect((answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer).toBe(pointer);
  });

  it('is told by GET /state, to agents as well', async () => {
    const agent = await app.api.registerAgent('curious');
    const before = (await app.api.get('/state', agent.key).expect(200)).body as object;
    expect(before).toMatchObject({
      current_state: 'observe',
      raised_by: 'genesis',
      changes: { in_words: [], policy: { state: 'observe', limits_share: 1 } },
      system_may_move_to: 'alert',
      may_leave_at: expect.stringMatching(/Z$/),
    });
    const moved = (await move('defend').expect(200)).body as { timestamp: string };
    expect((await app.api.get('/state', agent.key).expect(200)).body).toMatchObject({
      current_state: 'defend',
      raised_by: 'user',
      since: moved.timestamp,
      changes: { in_words: ['only reflex agents may act', 'the thresholds of detectors are multiplied by 0.9'] },
      system_may_move_to: null,
      may_leave_at: null,
    });
    await move('observe').expect(200);
  });

  it('limits what may be used of each limit of the path, in the deciding transaction', async () => {
    const agent = await app.api.registerAgent('frugal', { budget: 10 });
    await act(agent, 4).expect(201);
    await set('observe', { limits_share: 0.5 }).expect(200);
    expect((await act(agent, 1.000000001).expect(403)).body).toMatchObject({ code: 'ARBITER.STATE_LIMITS' });
    await act(agent, 1).expect(201);
    await act(agent, 0.000000001).expect(403);
    await app.api.post('/metabolism/charge', agent.key, { cost_type: 'x', cost_amount: 1 }).expect(201);
    await set('observe').expect(200);
    await act(agent, 1).expect(201);
  });

  it('says which actions need an approval, and asks for it in the deciding transaction', async () => {
    const agent = await app.api.registerAgent('payer', { budget: 10 });
    await set('observe', { approvals: { kind: 'types', action_types: ['money.*'] } }).expect(200);
    const refused = await act(agent, 1, { action_type: 'money.send' }).expect(403);
    expect(refused.body).toMatchObject({ code: 'ARBITER.APPROVAL_REQUIRED' });
    await act(agent, 1, { action_type: 'email.send' }).expect(201);
    await set('observe', { approvals: { kind: 'all' } }).expect(200);
    const all = await app.api.post('/actions/batch', agent.key, {
      items: [{ action_type: 'email.send', cost: { amount: 1 } }],
    });
    expect(all.body).toMatchObject({ items: [{ status: 403, problem: { code: 'ARBITER.APPROVAL_REQUIRED' } }] });
    await set('observe').expect(200);
    await act(agent, 1, { action_type: 'money.send' }).expect(201);
  });

  it('makes detectors keener, by the log alone', async () => {
    const agent = await app.api.registerAgent('in-circles', { budget: 100 });
    await set('alert', { sensitivity: 0.8, dwell_seconds: 3600 }).expect(200);
    await move('alert', operator).expect(200);
    for (let i = 0; i < 7; i += 1) await act(agent, 1, { payload: { same: true } }).expect(201);
    const path = `/immune/findings?agent_id=${agent.id}`;
    for (const deadline = Date.now() + PATIENCE_MS; ; await pause(200)) {
      const { items } = (await app.api.get(path, operator).expect(200)).body as { items: object[] };
      if (items.length === 0 && Date.now() < deadline) continue;
      expect(items).toMatchObject([{ detector: 'loop', expected: 7, observed: 7 }]);
      break;
    }
    await move('observe').expect(200);
  });
});

describe('an agent', () => {
  it('moves no state and sets no policy, and what it tries stands in the log', async () => {
    const agent = await app.api.registerAgent('usurper');
    await move('alert', agent.key).expect(403);
    await app.api.put('/state/policies/defend', agent.key, TERMS).expect(403);
    expect((await state()).current_state).toBe('observe');
    const tries = (await log()).filter(({ actor }) => actor.type === 'agent' && actor.id === agent.id);
    expect(tries.map(({ type, outcome }) => [type, outcome])).toEqual([
      ['arbiter.transition', 'denied'],
      ['arbiter.set_state_policy', 'denied'],
    ]);
  });
});

describe('the system', () => {
  let agent: TestAgent;

  beforeAll(async () => {
    agent = await app.api.registerAgent('flapping', { budget: 1 });
  });

  it('does not raise the state for what is only flagged', async () => {
    await set('observe').expect(200);
    await set('alert').expect(200);
    await findRefusals('flag');
    await provoke(agent);
    await pause(LOOKS_MS);
    expect((await state()).current_state).toBe('observe');
  });

  it('raises it on a finding that is answered, and lowers it when it was quiet', async () => {
    await set('alert', { quiet_seconds: 3 }).expect(200);
    await findRefusals('throttle');
    await provoke(agent);
    const raised = await until((now) => now.current_state === 'alert');
    expect(raised).toMatchObject({ raised_by: 'findings', system_may_move_to: 'observe' });
    expect(raised.trigger).toMatch(/^a finding of the policy budget-refusals, event \d+$/);
    const lowered = await until((now) => now.current_state === 'observe');
    expect(lowered).toMatchObject({ raised_by: 'quiet', trigger: 'no finding was answered for 3 s' });
    expect(lowered.since >= (raised.may_leave_at ?? '~')).toBe(true);
    const bodies = await log();
    const finding = bodies.find(({ id }) => id === bodies[raised.event_id - 1]?.caused_by);
    expect(finding).toMatchObject({ type: 'immune.finding', payload: { agent_id: agent.id, answer: 'throttle' } });
    expect(bodies[raised.event_id - 1]?.payload).toMatchObject({ finding_id: finding?.payload['id'] });
    expect(bodies[lowered.event_id - 1]).toMatchObject({
      actor: { type: 'system', id: 'arbiter' },
      caused_by: raised.event_id,
    });
  });

  it('does not end what a person set, and binds no person by dwell times', async () => {
    await set('alert').expect(200);
    await move('alert', operator).expect(200);
    await pause(LOOKS_MS);
    expect(await state()).toMatchObject({ current_state: 'alert', raised_by: 'user', may_leave_at: null });
    await move('observe').expect(200);
    await set('alert', { dwell_seconds: 3600 }).expect(200);
    await provoke(agent);
    expect((await until((now) => now.current_state === 'alert')).raised_by).toBe('findings');
    await pause(LOOKS_MS);
    expect((await state()).current_state).toBe('alert');
    await move('observe').expect(200);
  });

  it('does not thrash: a finding that comes and goes moves it once in the dwell times of both states', async () => {
    const dwell = 2;
    await set('observe', { dwell_seconds: dwell }).expect(200);
    await set('alert', { dwell_seconds: dwell }).expect(200);
    const from = (await state()).event_id;
    const moves = async () =>
      (await log()).filter(
        ({ id, type, actor }) => id > from && type === 'arbiter.transition' && actor.type === 'system',
      );
    const deadline = Date.now() + 40_000;
    // Quiet for a second is between two findings each time.
    while ((await moves()).length < 6 && Date.now() < deadline) {
      await provoke(agent);
      await pause(1_300);
    }
    await until((now) => now.current_state === 'observe');
    const made = await moves();
    expect(made.length).toBeGreaterThanOrEqual(6);
    const stays = made.slice(1).map((each, i) => Date.parse(each.occurred_at) - Date.parse(made[i]?.occurred_at ?? ''));
    expect(stays.filter((ms) => ms < dwell * 1_000 - 1)).toEqual([]);
    expect(made.map(({ payload }) => payload['to_state'])).toEqual(
      made.map((_, i) => (i % 2 === 0 ? 'alert' : 'observe')),
    );
    const findings = (await log()).filter(({ id, type }) => id > from && type === 'immune.finding');
    expect(findings.length).toBeGreaterThan(made.length);
  }, 90_000);
});
