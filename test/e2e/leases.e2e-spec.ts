import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { permitCheck, type PermitCheck } from '../support/permits.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const ORIGIN = 'test.example/log';

interface Authorized {
  readonly action_id: string;
  readonly authorized_at: string;
  readonly expires_at: string;
  readonly permit: string;
  readonly lease_expires_at: string;
  readonly event: { readonly id: number; readonly hash: string };
}

interface Beat {
  readonly leases: { readonly action_id: string; readonly permit: string; readonly lease_expires_at: string }[];
  readonly orders: unknown[];
}

let app: TestApp;
let check: PermitCheck;
let made = 0;

beforeAll(async () => {
  app = await startTestApp({ ACTION_TTL_SECONDS: '600', LEASE_SECONDS: '60' });
  check = await permitCheck(app.url, ORIGIN);
});

afterAll(() => app.close());

async function newAgent(capabilities?: string[]): Promise<TestAgent> {
  made += 1;
  return app.api.registerAgent(`leased-${made}`, { budget: 10, ...(capabilities ? { capabilities } : {}) });
}

const ask = (agent: TestAgent, more: object = {}) =>
  app.api.post('/actions', agent.key, { action_type: 'email.send', cost: { amount: 1 }, ...more });
const authorize = async (agent: TestAgent, more: object = {}): Promise<Authorized> =>
  (await ask(agent, more).expect(201)).body as Authorized;
const beat = async (agent: TestAgent): Promise<Beat> =>
  (await app.api.post(`/agents/${agent.id}/heartbeat`, agent.key).expect(200)).body as Beat;
const seconds = (moment: string): number => Math.floor(Date.parse(moment) / 1000);
const order = async (verb: string, agent: TestAgent) =>
  app.api.post(`/immune/${verb}`, await app.api.as('arbiter'), { agent_id: agent.id, reason: 'a test' }).expect(200);

describe('a permit', () => {
  it('says what was authorized, and holds with the key set alone', async () => {
    const agent = await newAgent();
    const payload = { to: 'customer-17', 'a "name"': [1, -0, 1e21, null, { ü: 'ö\u2028' }] };
    const answer = await authorize(agent, { payload });
    expect(seconds(answer.lease_expires_at)).toBe(seconds(answer.authorized_at) + 60);
    expect(check(answer.permit, 'email.send', payload)).toEqual({
      iss: ORIGIN,
      sub: agent.id,
      action_id: answer.action_id,
      action_type: 'email.send',
      payload_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      event_id: answer.event.id,
      event_hash: answer.event.hash,
      iat: seconds(answer.authorized_at),
      exp: seconds(answer.lease_expires_at),
    });
    const bare = await authorize(agent);
    expect(check(bare.permit, 'email.send').payload_sha256).toBeNull();
  });

  it('is refused when anything about it is other than it was, or over', async () => {
    const agent = await newAgent();
    const payload = { to: 'customer-17' };
    const { permit } = await authorize(agent, { payload, lease_seconds: 1 });
    const [head = '', body = '', signature = ''] = permit.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, exp: 9_999_999_999 })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'permit+jwt' })).toString('base64url');
    expect(() => check(`${head}.${forged}.${signature}`, 'email.send', payload)).toThrow('signature');
    expect(() => check(`${none}.${body}.`, 'email.send', payload)).toThrow('no permit');
    const long = await authorize(agent, { payload });
    expect(() => check(long.permit, 'money.send', payload)).toThrow('something else');
    expect(() => check(long.permit, 'email.send', { to: 'customer-18' })).toThrow('another payload');
    expect(() => check(long.permit, 'email.send')).toThrow('another payload');
    const other = await permitCheck(app.url, 'other.example/log');
    expect(() => other(long.permit, 'email.send', payload)).toThrow('another log');
    await sleep(1_100);
    expect(() => check(permit, 'email.send', payload)).toThrow('lease is over');
  });

  it('never outlives its hold', async () => {
    const answer = await authorize(await newAgent(), { lease_seconds: 3_600 });
    expect(answer.lease_expires_at).toBe(answer.expires_at);
    expect(check(answer.permit, 'email.send').exp).toBe(seconds(answer.expires_at));
    for (const lease_seconds of [0, 3_601, 1.5]) await ask(await newAgent(), { lease_seconds }).expect(400);
  });

  it('is the very same in a replay, and in a batch that has the key', async () => {
    const agent = await newAgent();
    const body = { action_type: 'email.send', cost: { amount: 1 }, payload: { n: 1 } };
    const post = () => app.api.post('/actions', agent.key, body).set('Idempotency-Key', 'once');
    const first = await post().expect(201);
    const again = await post().expect(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    const items = [
      { ...body, idempotency_key: 'once' },
      { ...body, payload: { n: 2 } },
      { ...body, cost: { amount: 99 } },
    ];
    const batch = () => app.api.post('/actions/batch', agent.key, { items }).set('Idempotency-Key', 'all').expect(200);
    const [one, two] = [await batch(), await batch()];
    expect(two.body).toEqual(one.body);
    const { items: answers } = one.body as { items: (Authorized & { status: number })[] };
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 402]);
    expect(answers[0]?.permit).toBe((first.body as Authorized).permit);
    expect(check(answers[1]?.permit ?? '', 'email.send', { n: 2 }).event_hash).toBe(answers[1]?.event.hash);
    expect(answers[2]?.permit).toBeUndefined();
  });

  it('is signed by a key that may be kept for a while', async () => {
    const answer = await app.api.get('/.well-known/jwks.json').expect(200);
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
    const { keys } = answer.body as { keys: { kid: string; x: string }[] };
    const [key] = keys;
    const thumbprint = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${key?.x}"}`).digest('base64url');
    expect(keys).toEqual([{ alg: 'EdDSA', crv: 'Ed25519', kid: thumbprint, kty: 'OKP', use: 'sig', x: key?.x }]);
  });
});

describe('a deferred action', () => {
  it('has no permit until it is begun, and then one like any other', async () => {
    const agent = await newAgent();
    const payload = { to: 'customer-17' };
    const held = await authorize(agent, { payload, deferred: true, lease_seconds: 30 });
    expect(held).toMatchObject({ permit: null, lease_expires_at: null });
    expect((await beat(agent)).leases).toEqual([]);
    const begin = () => app.api.post(`/actions/${held.action_id}/begin`, agent.key).set('Idempotency-Key', 'begin');
    const begun = await begin().expect(200);
    expect((await begin().expect(200)).body).toEqual(begun.body);
    const { permit, begun_at } = begun.body as { permit: string; begun_at: string };
    expect(check(permit, 'email.send', payload)).toMatchObject({
      event_id: held.event.id,
      event_hash: held.event.hash,
      iat: seconds(begun_at),
      exp: seconds(begun_at) + 30,
    });
    const twice = await app.api.post(`/actions/${held.action_id}/begin`, agent.key).expect(409);
    expect(twice.body).toMatchObject({ code: 'ACTIONS.ALREADY_BEGUN' });
    await app.api.post(`/actions/${held.action_id}/complete`, agent.key, { status: 'success' }).expect(200);
    const over = await app.api.post(`/actions/${held.action_id}/begin`, agent.key).expect(409);
    expect(over.body).toMatchObject({ code: 'ACTIONS.ALREADY_COMPLETED' });
  });

  it('is begun by its own agent only, in good standing, and capable', async () => {
    const agent = await newAgent(['email.send']);
    const first = await authorize(agent, { deferred: true });
    const begin = (who: TestAgent, { action_id }: Authorized) => app.api.post(`/actions/${action_id}/begin`, who.key);
    expect((await begin(await newAgent(), first).expect(404)).body).toMatchObject({ code: 'ACTIONS.NOT_FOUND' });
    await order('quarantine', agent);
    expect((await begin(agent, first).expect(403)).body).toMatchObject({ code: 'IMMUNE.QUARANTINED' });
    await order('release', agent);
    expect((await begin(agent, first).expect(409)).body).toMatchObject({ code: 'ACTIONS.VOID' });
    const second = await authorize(agent, { deferred: true });
    await app.api.patch(`/agents/${agent.id}`, await app.api.as('operator'), { capabilities: [] }).expect(200);
    expect((await begin(agent, second).expect(403)).body).toMatchObject({ code: 'AGENTS.NOT_CAPABLE' });
  });

  it('costs nothing when it is cancelled, and nothing else can be said of it before it is begun', async () => {
    const agent = await newAgent();
    const { action_id } = await authorize(agent, { deferred: true });
    const complete = (body: object) => app.api.post(`/actions/${action_id}/complete`, agent.key, body);
    for (const body of [{ status: 'success' }, { status: 'failed', cost: { amount: 0.5 } }]) {
      expect((await complete(body).expect(409)).body).toMatchObject({ code: 'ACTIONS.NOT_BEGUN' });
    }
    expect((await complete({ status: 'failed', cost: { amount: 0 } }).expect(200)).body).toMatchObject({
      status: 'void',
      cost: { amount: 0, unit: 'usd' },
      remaining_budget: 10,
    });
    expect((await complete({ status: 'failed' }).expect(409)).body).toMatchObject({ code: 'ACTIONS.VOID' });
    const begin = await app.api.post(`/actions/${action_id}/begin`, agent.key).expect(409);
    expect(begin.body).toMatchObject({ code: 'ACTIONS.VOID' });
    const ledger = await app.api.get('/metabolism/ledger', agent.key).expect(200);
    expect((ledger.body as { items: unknown[] }).items).toEqual([]);
  });
});

describe('a heartbeat', () => {
  it('renews the permits of what runs, for as long as each action asked for', async () => {
    const agent = await newAgent();
    const payload = { to: 'customer-17' };
    const large = { text: 'x'.repeat(70_000) };
    const short = await authorize(agent, { payload, lease_seconds: 5 });
    const bulky = await authorize(agent, { payload: large });
    const personal = await authorize(agent, { payload, personal: true });
    const done = await authorize(agent);
    await app.api.post(`/actions/${done.action_id}/complete`, agent.key, { status: 'failed' }).expect(200);
    await sleep(1_000);
    const { leases, orders } = await beat(agent);
    expect(orders).toEqual([]);
    expect(leases.map(({ action_id }) => action_id)).toEqual([personal.action_id, bulky.action_id, short.action_id]);
    const permits = leases.map(({ permit }) => permit);
    const [p, b, s] = [
      check(permits[0] ?? '', 'email.send', payload),
      check(permits[1] ?? '', 'email.send', large),
      check(permits[2] ?? '', 'email.send', payload),
    ];
    expect(s).toMatchObject({ event_id: short.event.id, event_hash: short.event.hash });
    expect([s.exp - s.iat, b.exp - b.iat, p.exp - p.iat]).toEqual([5, 60, 60]);
    expect(s.iat).toBeGreaterThan(check(short.permit, 'email.send', payload).iat);
  });

  it('renews nothing whose payload was erased', async () => {
    const agent = await newAgent();
    const { event, action_id } = await authorize(agent, { payload: { name: 'somebody' }, personal: true });
    const held = await authorize(agent, { payload: { name: 'somebody' }, personal: true, deferred: true });
    expect((await beat(agent)).leases).toMatchObject([{ action_id }]);
    const arbiter = await app.api.as('arbiter');
    for (const { id } of [event, held.event])
      await app.api.post('/audit/erasures', arbiter, { event_id: id, reason: 'a test' }).expect(200);
    expect((await beat(agent)).leases).toEqual([]);
    const begun = await app.api.post(`/actions/${held.action_id}/begin`, agent.key).expect(200);
    expect(begun.body).toMatchObject({ permit: null });
  });

  it('renews nothing while the agent is quarantined, in defend, or not capable any more', async () => {
    const agent = await newAgent();
    await authorize(agent);
    expect((await beat(agent)).leases).toHaveLength(1);
    await order('quarantine', agent);
    expect((await beat(agent)).leases).toEqual([]);
    const other = await newAgent();
    await authorize(other);
    const arbiter = await app.api.as('arbiter');
    const move = (to_state: string) =>
      app.api.post('/state/transition', arbiter, { to_state, trigger: 'a test' }).expect(200);
    await move('defend');
    expect((await beat(other)).leases).toEqual([]);
    await move('observe');
    expect((await beat(other)).leases).toHaveLength(1);
    await app.api.patch(`/agents/${other.id}`, await app.api.as('operator'), { capabilities: ['x'] }).expect(200);
    expect((await beat(other)).leases).toEqual([]);
  });
});

describe('an action that was never begun', () => {
  it('is given back when its time is over, and one that was begun is booked', async () => {
    const quick = await startTestApp({ ACTION_TTL_SECONDS: '1' });
    try {
      const agent = await quick.api.registerAgent('forgetful', { budget: 10 });
      const act = async (deferred: boolean): Promise<string> => {
        const body = { action_type: 'x', cost: { amount: 2 }, deferred };
        return ((await quick.api.post('/actions', agent.key, body).expect(201)).body as Authorized).action_id;
      };
      const [held, begun] = [await act(true), await act(false)];
      const statusOf = async (id: string): Promise<string> =>
        ((await quick.api.get(`/actions/${id}`, agent.key).expect(200)).body as { status: string }).status;
      for (let i = 0; i < 100 && (await statusOf(begun)) === 'authorized'; i += 1) await sleep(100);
      expect([await statusOf(held), await statusOf(begun)]).toEqual(['void', 'expired']);
      const budget = await quick.api.get('/metabolism/budget/forgetful', agent.key).expect(200);
      expect(budget.body).toMatchObject({ spent_budget: 2, reserved_budget: 0 });
      const list = await quick.api.get('/actions?status=void', agent.key).expect(200);
      expect((list.body as { items: unknown[] }).items).toMatchObject([{ action_id: held, begun_at: null }]);
    } finally {
      await quick.close();
    }
  });
});
