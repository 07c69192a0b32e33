import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalSha256 } from '../../src/event-log/canonical.js';
import type { TestAgent } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let [operator, arbiter, second, architect, auditor]: string[] = [];
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  operator = await app.api.as('operator');
  arbiter = await app.api.as('arbiter');
  second = await app.api.createUser('another-arbiter', ['arbiter']);
  architect = await app.api.as('intent_architect');
  auditor = await app.api.as('auditor');
});

afterAll(() => app.close());

interface Escalation {
  readonly id: string;
  readonly event: { readonly id: number };
}

const PAYLOAD = { to: 'supplier-4', invoice: '2026-117' };
const WISH = { action_type: 'money.send', payload: PAYLOAD, cost: { amount: 50 } };

async function newAgent(more: { budget?: number; capabilities?: string[] } = {}): Promise<TestAgent> {
  made += 1;
  return app.api.registerAgent(`asking-${made}`, { budget: 10, ...more });
}

const ask = (agent: TestAgent, more: object = {}) =>
  app.api.post('/escalations', agent.key, { ...WISH, reason: 'due today', ...more });
const asked = async (agent: TestAgent, more: object = {}): Promise<Escalation> =>
  (await ask(agent, more).expect(201)).body as Escalation;
const decide = (verb: 'approve' | 'deny', { id }: { id: string }, who = arbiter) =>
  app.api.post(`/escalations/${id}/${verb}`, who, { reason: 'a test' });
const use = (agent: TestAgent, { id }: { id: string }, more: object = {}) =>
  app.api.post('/actions', agent.key, { ...WISH, escalation_id: id, ...more });
const order = (verb: string, agent: TestAgent) =>
  app.api.post(`/immune/${verb}`, arbiter, { agent_id: agent.id, reason: 'a test' }).expect(200);
const one = async ({ id }: { id: string }, who = arbiter): Promise<Record<string, unknown>> =>
  (await app.api.get(`/escalations/${id}`, who).expect(200)).body as Record<string, unknown>;
const refusal = (status: number, code: string) => ({ status, body: { code: `ARBITER.${code}`, event: {} } });

/** An approved escalation. */
async function approved(agent: TestAgent, more: object = {}): Promise<Escalation> {
  const escalation = await asked(agent, more);
  await decide('approve', escalation).expect(200);
  return escalation;
}

const putPolicy = (id: string, action_type: string, more: object = {}) =>
  app.api.put(`/approval-policies/${id}`, architect, {
    action_type,
    approvals_needed: 1,
    decide_within_seconds: 600,
    usable_seconds: 600,
    ...more,
  });

async function eventOf(id: number): Promise<Record<string, unknown>> {
  return (await app.api.get(`/audit/events/${id}`, auditor).expect(200)).body as Record<string, unknown>;
}

describe('an escalation', () => {
  it('goes from request to use, and the log tells all of it', async () => {
    const agent = await newAgent();
    const answer = await ask(agent).expect(201);
    expect(answer.body).toMatchObject({
      status: 'pending',
      payload_sha256: canonicalSha256(PAYLOAD),
      ceiling: [{ amount: 50, unit: 'usd' }],
      policy: { id: 'default', version: 1 },
      obstacle: { code: 'METABOLISM.BUDGET_EXCEEDED' },
    });
    const escalation = answer.body as Escalation;
    expect(await use(agent, escalation)).toMatchObject(refusal(403, 'NOT_APPROVED'));
    const yes = await decide('approve', escalation).expect(200);
    expect(yes.body).toMatchObject({ status: 'approved', approvals: [{ reason: 'a test' }], approvals_needed: 1 });
    const done = await use(agent, escalation).expect(201);
    const { action_id, event } = done.body as { action_id: string; event: { id: number } };
    expect(await one(escalation)).toMatchObject({ status: 'used', used_action_id: action_id, used_event_id: event.id });
    const { event: approval } = yes.body as Escalation;
    const { caused_by, payload } = await eventOf(event.id);
    expect({ caused_by, payload }).toMatchObject({
      caused_by: approval.id,
      payload: { escalation_id: escalation.id, funded: [{ scope_id: `agent:${agent.id}`, unit: 'usd', amount: '40' }] },
    });
    expect(await eventOf(approval.id)).toMatchObject({ type: 'arbiter.approve', caused_by: escalation.event.id });
  });

  it('stands above capability, state, throttle and probation', async () => {
    const agent = await newAgent({ budget: 100, capabilities: ['x'] });
    const escalation = await approved(agent);
    expect(await one(escalation)).toMatchObject({ obstacle: { code: 'AGENTS.NOT_CAPABLE' } });
    await app.api.post('/state/transition', arbiter, { to_state: 'defend', trigger: 'a test' }).expect(200);
    try {
      const { action_id } = (await use(agent, escalation, { deferred: true }).expect(201)).body as {
        action_id: string;
      };
      await app.api.post(`/actions/${action_id}/begin`, agent.key).expect(200);
      const beat = await app.api.post(`/agents/${agent.id}/heartbeat`, agent.key).expect(200);
      expect(beat.body).toMatchObject({ leases: [{ action_id }] });
      expect(await one(await asked(agent))).toMatchObject({ obstacle: { code: 'ARBITER.STATE_FORBIDS' } });
    } finally {
      await app.api.post('/state/transition', arbiter, { to_state: 'observe', trigger: 'a test' }).expect(200);
    }
  });

  it('gives a limit exactly what is lacking, and takes back what was not spent', async () => {
    const agent = await newAgent();
    const budget = async () =>
      (await app.api.get(`/metabolism/budget/${agent.id}`, operator).expect(200)).body as unknown;
    const { action_id } = (await use(agent, await approved(agent)).expect(201)).body as { action_id: string };
    expect(await budget()).toMatchObject({ reserved_budget: 50, remaining_budget: 0, debt: 0 });
    const settled = { status: 'failed', cost: { amount: 12 } };
    await app.api.post(`/actions/${action_id}/complete`, agent.key, settled).expect(200);
    expect(await budget()).toMatchObject({ reserved_budget: 0, spent_budget: 12, remaining_budget: 0, debt: 0 });
    const other = await newAgent();
    const cancelled = (await use(other, await approved(other)).expect(201)).body as { action_id: string };
    const nothing = { status: 'failed', cost: { amount: 0 } };
    const end = await app.api.post(`/actions/${cancelled.action_id}/complete`, other.key, nothing).expect(200);
    expect(end.body).toMatchObject({ remaining_budget: 10, debt: 0 });
    const penniless = await app.api.registerAgent('penniless');
    const answer = await use(penniless, await approved(penniless));
    expect(answer).toMatchObject({ status: 402, body: { code: 'METABOLISM.BUDGET_EXCEEDED' } });
  });
});

describe('an approval', () => {
  it('is used once, in a batch too', async () => {
    const agent = await newAgent();
    const escalation = await approved(agent);
    const { id } = escalation;
    const items = [1, 2].map(() => ({ ...WISH, escalation_id: id }));
    const batch = await app.api.post('/actions/batch', agent.key, { items }).expect(200);
    expect(batch.body).toMatchObject({
      items: [{ status: 201 }, { status: 409, problem: { code: 'ARBITER.ALREADY_USED' } }],
    });
    expect(await use(agent, escalation)).toMatchObject(refusal(409, 'ALREADY_USED'));
    expect(await decide('deny', escalation)).toMatchObject(refusal(409, 'ALREADY_USED'));
  });

  it('is for this payload, this action type, this cost and this agent only', async () => {
    const agent = await newAgent();
    const escalation = await approved(agent);
    const refused: [object, string][] = [
      [{ payload: { ...PAYLOAD, to: 'supplier-5' } }, 'PAYLOAD_MISMATCH'],
      [{ payload: undefined }, 'PAYLOAD_MISMATCH'],
      [{ personal: true }, 'PAYLOAD_MISMATCH'],
      [{ action_type: 'money.move' }, 'ACTION_MISMATCH'],
      [{ cost: { amount: 50.000000001 } }, 'COST_ABOVE_CEILING'],
      [{ cost: { amount: 0, unit: 'calls' } }, 'COST_ABOVE_CEILING'],
    ];
    for (const [more, code] of refused) expect(await use(agent, escalation, more)).toMatchObject(refusal(409, code));
    const thief = await newAgent();
    expect(await use(thief, escalation)).toMatchObject(refusal(404, 'ESCALATION_NOT_FOUND'));
    const never = { id: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' };
    expect(await use(agent, never)).toMatchObject(refusal(404, 'ESCALATION_NOT_FOUND'));
    await use(agent, escalation, { payload: { invoice: '2026-117', to: 'supplier-4' }, cost: { amount: 7 } }).expect(
      201,
    );
  });

  it('is over in time, with its policy, and with the standing of its agent', async () => {
    const agent = await newAgent();
    await putPolicy('quick', 'quick.use', { usable_seconds: 1 }).expect(200);
    const quick = { action_type: 'quick.use' };
    const old = await approved(agent, quick);
    await sleep(1_100);
    expect(await use(agent, old, quick)).toMatchObject(refusal(409, 'APPROVAL_EXPIRED'));

    const moved = { action_type: 'money.move' };
    const before = await approved(agent, moved);
    const undecided = await asked(agent, { ...moved, reason: 'another' });
    await putPolicy('moves', 'money.mov*').expect(200);
    expect(await use(agent, before, moved)).toMatchObject(refusal(409, 'POLICY_CHANGED'));
    expect(await decide('approve', undecided)).toMatchObject(refusal(409, 'POLICY_CHANGED'));
    const now = await approved(agent, { ...moved, reason: 'under the new one' });
    await putPolicy('moves', 'money.mov*', { expected_version: 1, usable_seconds: 60 }).expect(200);
    expect(await use(agent, now, moved)).toMatchObject(refusal(409, 'POLICY_CHANGED'));

    const isolated = await approved(agent);
    const pending = await asked(agent, { reason: 'still open' });
    await order('quarantine', agent);
    const standing = await use(agent, isolated);
    expect(standing).toMatchObject({ status: 403, body: { code: 'IMMUNE.QUARANTINED' } });
    expect((await ask(agent)).body).toMatchObject({ code: 'IMMUNE.QUARANTINED' });
    expect(await decide('approve', pending)).toMatchObject(refusal(409, 'APPROVAL_VOID'));
    await order('release', agent);
    expect(await use(agent, isolated)).toMatchObject(refusal(409, 'APPROVAL_VOID'));
    expect(await decide('approve', pending)).toMatchObject(refusal(409, 'APPROVAL_VOID'));
    await decide('deny', pending).expect(200);
  });
});

describe('a decision', () => {
  it('is by so many people as the policy says, each once', async () => {
    await putPolicy('pairs', 'pair.*', { approvals_needed: 2 }).expect(200);
    const agent = await newAgent();
    const pair = { action_type: 'pair.do' };
    const escalation = await asked(agent, pair);
    const twice = await Promise.all([1, 2, 3].map(() => decide('approve', escalation)));
    expect(twice.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(twice.find(({ status }) => status === 409)).toMatchObject(refusal(409, 'ALREADY_APPROVED'));
    expect(await use(agent, escalation, pair)).toMatchObject(refusal(403, 'NOT_APPROVED'));
    await decide('approve', escalation, second).expect(200);
    expect(await one(escalation)).toMatchObject({ status: 'approved', approvals: [{}, {}] });
    expect(await decide('approve', escalation, second)).toMatchObject(refusal(409, 'ALREADY_DECIDED'));
    await use(agent, escalation, pair).expect(201);

    const both = await asked(agent, { ...pair, reason: 'at once' });
    await Promise.all([arbiter, second].map((who) => decide('approve', both, who).expect(200)));
    expect(await one(both)).toMatchObject({ status: 'approved' });
  });

  it('is no where anybody says no, whoever approved before', async () => {
    const agent = await newAgent();
    const escalation = await approved(agent);
    await decide('deny', escalation, second).expect(200);
    expect(await use(agent, escalation)).toMatchObject(refusal(403, 'NOT_APPROVED'));
    expect(await decide('approve', escalation)).toMatchObject(refusal(409, 'ALREADY_DECIDED'));
    expect(await decide('deny', escalation)).toMatchObject(refusal(409, 'ALREADY_DECIDED'));
  });

  it('is of nobody for an agent of their own', async () => {
    const both = await app.api.createUser('operator-and-arbiter', ['operator', 'arbiter']);
    const body = { agent_id: 'own', type: 'task' };
    const registered = await app.api.post('/agents', both, body).expect(201);
    const mine = { id: 'own', key: (registered.body as { api_key: string }).api_key };
    expect(await decide('approve', await asked(mine), both)).toMatchObject(refusal(403, 'OWN_AGENT'));
    const agent = await newAgent();
    const escalation = await asked(agent);
    await app.api.post(`/agents/${agent.id}/keys`, both, { grace_seconds: 600 }).expect(200);
    expect(await decide('approve', escalation, both)).toMatchObject(refusal(403, 'OWN_AGENT'));
    await decide('approve', escalation).expect(200);
    await decide('deny', escalation, both).expect(200);
    const taken = await newAgent();
    const before = await asked(taken);
    await decide('approve', before, both).expect(200);
    const rotated = await app.api.post(`/agents/${taken.id}/keys`, both).expect(200);
    const inTheirHands = { ...taken, key: (rotated.body as { api_key: string }).api_key };
    expect(await use(inTheirHands, before)).toMatchObject(refusal(403, 'OWN_AGENT'));
  });

  it('is no where nobody answers, and is not asked for again unchanged', async () => {
    await putPolicy('hasty', 'hasty.*', { decide_within_seconds: 1 }).expect(200);
    const agent = await newAgent();
    const hasty = { action_type: 'hasty.do' };
    const escalation = await asked(agent, hasty);
    for (let i = 0; i < 100 && (await one(escalation))['status'] === 'pending'; i += 1) await sleep(100);
    expect(await one(escalation)).toMatchObject({ status: 'expired', decided_by: null, seconds_left: null });
    const { decided_event_id: told } = await one(escalation);
    expect(await eventOf(told as number)).toMatchObject({ type: 'arbiter.expire', caused_by: escalation.event.id });
    expect(await decide('approve', escalation)).toMatchObject(refusal(409, 'ALREADY_DECIDED'));
    expect(await ask(agent, hasty)).toMatchObject(refusal(409, 'ALREADY_REFUSED'));

    const denied = await asked(agent);
    await decide('deny', denied).expect(200);
    expect(await ask(agent)).toMatchObject(refusal(409, 'ALREADY_REFUSED'));
    expect(await ask(agent, { reason: ' due   today' })).toMatchObject(refusal(409, 'ALREADY_REFUSED'));
    for (const more of [{ reason: 'due since yesterday' }, { cost: { amount: 49 } }, { payload: { to: 'x' } }])
      await ask(agent, more).expect(201);
    await ask(await newAgent()).expect(201);
  });
});

describe('the inbox', () => {
  it('shows exactly what is asked for, why not, until when, and who asks', async () => {
    const agent = await newAgent();
    const payload = { text: 'x'.repeat(70_000), n: [1, null, { ü: '\u2028' }] };
    const escalation = await asked(agent, { payload });
    expect(await one(escalation)).toMatchObject({
      payload,
      payload_sha256: canonicalSha256(payload),
      obstacle: { code: 'METABOLISM.BUDGET_EXCEEDED', detail: expect.stringContaining('10 usd left') },
      approvals: [],
      seconds_left: expect.any(Number),
      agent: { agent_id: agent.id, status: 'active', findings: [] },
    });
    const first = await app.api.get(`/escalations?status=pending&agent_id=${agent.id}&limit=1`, auditor).expect(200);
    expect(first.body).toMatchObject({ items: [{ id: escalation.id }], next_cursor: null });
    expect(await use(agent, await approved(agent, { payload, reason: 'large' }), { payload })).toMatchObject({
      status: 201,
    });
  });

  it('is an agent’s own to itself, and nobody’s else', async () => {
    const [agent, other] = [await newAgent(), await newAgent()];
    const escalation = await asked(agent);
    expect(await one(escalation, agent.key)).toMatchObject({ payload: PAYLOAD });
    await app.api.get(`/escalations/${escalation.id}`, other.key).expect(404);
    await app.api.get(`/escalations?agent_id=${agent.id}`, other.key).expect(403);
    expect((await app.api.get('/escalations', other.key).expect(200)).body).toMatchObject({ items: [] });
    await app.api.get('/escalations', operator).expect(403);
    await ask(other, { agent_id: agent.id }).expect(400);
    for (const verb of ['approve', 'deny'] as const) {
      const no = await decide(verb, escalation, agent.key);
      expect(no).toMatchObject({ status: 403, body: { code: 'ACCESS.FORBIDDEN' } });
      const { event } = no.body as Escalation;
      expect(await eventOf(event.id)).toMatchObject({ type: `arbiter.${verb}`, outcome: 'denied' });
    }
  });

  it('has a payload about a person, and the chain has it not', async () => {
    const agent = await newAgent();
    const personal = { personal: true };
    const answer = await ask(agent, personal).expect(201);
    expect(answer.body).toMatchObject({ payload_sha256: canonicalSha256(PAYLOAD), personal: true });
    const escalation = answer.body as Escalation;
    const { body } = await eventOf(escalation.event.id);
    expect(body).not.toContain('supplier-4');
    expect(body).not.toContain(canonicalSha256(PAYLOAD));
    expect(await one(escalation)).toMatchObject({ payload: PAYLOAD, payload_sha256: canonicalSha256(PAYLOAD) });
    expect(await one(escalation, agent.key)).toMatchObject({ payload: PAYLOAD });
    await decide('approve', escalation).expect(200);
    expect(await use(agent, escalation)).toMatchObject(refusal(409, 'PAYLOAD_MISMATCH'));
    await use(agent, escalation, personal).expect(201);

    const denied = await asked(agent, { ...personal, reason: 'again' });
    await decide('deny', denied).expect(200);
    expect(await ask(agent, { ...personal, reason: 'again' })).toMatchObject(refusal(409, 'ALREADY_REFUSED'));
    await ask(agent, { ...personal, reason: 'again', payload: { to: 'somebody' } }).expect(201);
    const erased = await asked(agent, { ...personal, reason: 'to be erased' });
    await app.api.post('/audit/erasures', arbiter, { event_id: erased.event.id, reason: 'a test' }).expect(200);
    expect(await decide('approve', erased)).toMatchObject(refusal(409, 'PAYLOAD_ERASED'));
    expect(await one(erased)).toMatchObject({ payload: null });
  });

  it('has what was asked with one key once', async () => {
    const agent = await newAgent();
    const post = () => ask(agent).set('Idempotency-Key', 'once').expect(201);
    const [first, again] = [await post(), await post()];
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
    const escalation = first.body as Escalation;
    const yes = () => decide('approve', escalation).set('Idempotency-Key', 'yes').expect(200);
    expect((await yes()).body).toEqual((await yes()).body);
    expect(await one(escalation)).toMatchObject({ approvals: [{}] });
  });
});

describe('approval policies', () => {
  it('are one for each pattern, which never changes, and the most specific goes', async () => {
    const list = await app.api.get('/approval-policies', operator).expect(200);
    expect((list.body as { items: unknown[] }).items).toContainEqual({
      id: 'default',
      action_type: '*',
      approvals_needed: 1,
      decide_within_seconds: 3_600,
      usable_seconds: 900,
      version: 1,
    });
    await putPolicy('deep', 'a.b.*').expect(200);
    await putPolicy('exact', 'a.b.c').expect(200);
    await putPolicy('wide', 'a.*').expect(200);
    const agent = await newAgent();
    const policyOf = async (action_type: string) => (await ask(agent, { action_type }).expect(201)).body as unknown;
    expect(await policyOf('a.b.c')).toMatchObject({ policy: { id: 'exact' } });
    expect(await policyOf('a.b.d')).toMatchObject({ policy: { id: 'deep' } });
    expect(await policyOf('a.x')).toMatchObject({ policy: { id: 'wide' } });
    expect(await policyOf('b')).toMatchObject({ policy: { id: 'default' } });
    expect(await putPolicy('default', 'b.*')).toMatchObject(refusal(409, 'PATTERN_FIXED'));
    expect(await putPolicy('twin', 'a.*')).toMatchObject(refusal(409, 'POLICY_EXISTS'));
    expect(await putPolicy('wide', 'a.*', { expected_version: 7 })).toMatchObject(refusal(409, 'VERSION_CHANGED'));
    for (const wrong of [
      { approvals_needed: 6 },
      { approvals_needed: 0 },
      { usable_seconds: 0 },
      { action_type: '**' },
    ])
      await putPolicy('wrong', 'w.*', wrong).expect(400);
  });
});

describe('an immune policy that requires approvals', () => {
  it('lets an agent act with an approval only, for a time', async () => {
    const agent = await newAgent();
    const rule = { detector: 'budget_refusals', threshold: 2, window_seconds: 60, answer: 'require_approval' };
    const scope = `agent:${agent.id}`;
    await app.api.put(`/immune/policies/supervise`, architect, { ...rule, scope }).expect(200);
    const act = (more: object = {}) => app.api.post('/actions', agent.key, { ...WISH, cost: { amount: 1 }, ...more });
    const { action_id } = (await act({ deferred: true }).expect(201)).body as { action_id: string };
    for (let i = 0; i < 2; i += 1) await act({ cost: { amount: 99 } }).expect(402);
    expect(await act()).toMatchObject(refusal(403, 'APPROVAL_REQUIRED'));
    expect(await app.api.post(`/actions/${action_id}/begin`, agent.key)).toMatchObject(
      refusal(403, 'APPROVAL_REQUIRED'),
    );
    const escalation = await approved(agent);
    expect(await one(escalation)).toMatchObject({
      obstacle: { code: 'ARBITER.APPROVAL_REQUIRED' },
      agent: { supervision: { policy_id: 'supervise' }, findings: [{ answer: 'require_approval' }] },
    });
    await use(agent, escalation).expect(201);
    await order('quarantine', agent);
    await order('release', agent);
    await act().expect(201);
  });
});
