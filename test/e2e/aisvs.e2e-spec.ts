import { access, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalSha256 } from '../../src/event-log/canonical.js';
import type { TestAgent } from '../support/api.js';
import { asSuperuser } from '../support/attacks.js';
import { walkLog } from '../support/log-check.js';
import { permitCheck } from '../support/permits.js';
import { runCli } from '../support/run-cli.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/**
 * Controls of the OWASP AI Security Verification Standard 1.0, chapter C9, one `describe` each; docs/security.md says in how far
 * each is met, and names these.
 */

/** Longest wait for something that must come, in ms. */
const PATIENCE_MS = 20_000;
const PAYLOAD = { to: 'supplier-4', invoice: '2026-117', lines: [{ of: 'paper', usd: 50 }, null] };
const WISH = { action_type: 'money.send', payload: PAYLOAD, cost: { amount: 50 } };
/** What a state does where a test says nothing else. */
const TERMS = { may_act: ['sensor', 'task', 'reflex'], limits_share: 1, approvals: { kind: 'none' }, sensitivity: 1 };

interface Logged {
  readonly id: number;
  readonly type: string;
  readonly outcome: string;
  readonly caused_by: number | null;
  readonly actor: { readonly type: string; readonly id: string };
}
interface Decided {
  readonly id: string;
  readonly code?: string;
  readonly event: { readonly id: number };
}

interface Status {
  readonly is_quarantined: boolean;
  readonly quarantine: { readonly finding_id: string } | null;
  readonly findings: readonly { readonly id: string; readonly evidence: readonly number[] }[];
}

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

async function newAgent(more: { budget?: number; type?: string; parent?: string } = {}): Promise<TestAgent> {
  made += 1;
  return app.api.registerAgent(`agent-${made}`, { budget: 10, ...more });
}

const act = (agent: TestAgent, amount = 1, more: object = {}) =>
  app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount }, ...more });
const ask = async (agent: TestAgent, more: object = {}): Promise<Decided> =>
  (await app.api.post('/escalations', agent.key, { ...WISH, reason: 'due today', ...more }).expect(201))
    .body as Decided;
const decide = (verb: 'approve' | 'deny', { id }: { id: string }, who = arbiter) =>
  app.api.post(`/escalations/${id}/${verb}`, who, { reason: 'a test' });
const use = (agent: TestAgent, { id }: { id: string }, more: object = {}) =>
  app.api.post('/actions', agent.key, { ...WISH, escalation_id: id, ...more });
const one = async ({ id }: { id: string }): Promise<Record<string, unknown>> =>
  (await app.api.get(`/escalations/${id}`, arbiter).expect(200)).body as Record<string, unknown>;
const refusal = (status: number, code: string) => ({ status, body: { code, event: {} } });
const log = async (): Promise<Logged[]> => (await walkLog(app.databaseUrl)).bodies as unknown as Logged[];
const move = (to_state: string) => app.api.post('/state/transition', arbiter, { to_state, trigger: 'a test' });
const inState = (state: string, terms: object = {}) =>
  app.api.put(`/state/policies/${state}`, architect, { ...TERMS, ...terms }).expect(200);

/** An approved escalation. */
async function approved(agent: TestAgent, more: object = {}): Promise<Decided> {
  const escalation = await ask(agent, more);
  await decide('approve', escalation).expect(200);
  return escalation;
}

const putPolicy = (id: string, action_type: string, more: object) =>
  app.api
    .put(`/approval-policies/${id}`, architect, {
      action_type,
      approvals_needed: 1,
      decide_within_seconds: 600,
      usable_seconds: 600,
      ...more,
    })
    .expect(200);

/** Actions of agents that were authorized after an event. */
async function authorizedAfter(eventId: number, agents: readonly TestAgent[]): Promise<Logged[]> {
  const ids = agents.map(({ id }) => id);
  return (await log()).filter(
    ({ id, type, outcome, actor }) =>
      id > eventId && type === 'actions.authorize' && outcome === 'succeeded' && ids.includes(actor.id),
  );
}

/** Lets agents act, each as fast as it can, until it is refused, while somebody gives an order; answers the refusals. */
async function whileActing<T>(agents: readonly TestAgent[], order: () => Promise<T>): Promise<[T, string[]]> {
  let granted = 0;
  const refusals = agents.map(async (agent) => {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
      const { status, body } = await act(agent, 0.001);
      if (status !== 201) return (body as Decided).code ?? '';
      granted += 1;
    }
    return 'never refused';
  });
  while (granted < agents.length * 3) await pause(5);
  return [await order(), await Promise.all(refusals)];
}

describe('AISVS 9.1: budgets and circuit breakers', () => {
  it('holds a budget under parallel requests, and isolates who goes on after ten refusals', async () => {
    const agent = await newAgent({ budget: 7 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => act(agent)));
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(201), count(402), count(403)]).toEqual([7, 10, 13]);
    const { body } = await app.api.get(`/metabolism/budget/${agent.id}`, operator).expect(200);
    expect(body).toMatchObject({ reserved_budget: 7, remaining_budget: 0, debt: 0 });
    const status = await app.api.get(`/immune/status/${agent.id}`, operator).expect(200);
    const { is_quarantined, quarantine, findings } = status.body as Status;
    expect(is_quarantined).toBe(true);
    const cause = findings.find(({ id }) => id === quarantine?.finding_id);
    expect(cause).toMatchObject({ detector: 'budget_refusals', answer: 'quarantine', observed: 10 });
    expect(new Set(cause?.evidence).size).toBe(10);
  });

  it('holds what several agents share, in each unit', async () => {
    const limits = [
      { limit: 5, window: 'day' },
      { limit: 300, window: 'day', unit: 'tokens' },
    ];
    const group = await app.api.post('/metabolism/scopes', operator, { name: 'shared', limits }).expect(201);
    const { scope_id: parent_id } = group.body as { scope_id: string };
    const agents = await Promise.all([1, 2].map(() => newAgent({ budget: 100 })));
    for (const { id } of agents)
      await app.api.patch(`/metabolism/scopes/agent:${id}`, operator, { parent_id }).expect(200);
    const costs = [
      { amount: 0.1, unit: 'usd' },
      { amount: 100, unit: 'tokens' },
    ];
    const tokens = agents.flatMap((agent) => [1, 2, 3].map(() => act(agent, 0, { cost: undefined, costs })));
    expect((await Promise.all(tokens)).filter(({ status }) => status === 201)).toHaveLength(3);
    const dollars = agents.flatMap((agent) => [1, 2, 3, 4].map(() => act(agent)));
    expect((await Promise.all(dollars)).filter(({ status }) => status === 201)).toHaveLength(4);
  });

  it('stops a loop that breaks no budget', async () => {
    const agent = await newAgent({ budget: 100 });
    const rule = { detector: 'loop', threshold: 5, window_seconds: 60, answer: 'quarantine' };
    await app.api.put('/immune/policies/loop-test', architect, { ...rule, scope: `agent:${agent.id}` }).expect(200);
    const deadline = Date.now() + PATIENCE_MS;
    for (let status = 201; status === 201; await pause(100)) {
      expect(Date.now()).toBeLessThan(deadline);
      ({ status } = await act(agent, 0.001, { payload: { page: 'same' } }));
    }
    expect(await act(agent, 0.001)).toMatchObject(refusal(403, 'IMMUNE.QUARANTINED'));
  });
});

describe('AISVS 9.2.1: high-impact actions need an approval', () => {
  it('refuses the action types that a state names, and lets an approved one through', async () => {
    const agent = await newAgent({ budget: 100 });
    await inState('observe', { approvals: { kind: 'types', action_types: ['money.*'] } });
    try {
      expect(await act(agent, 1, WISH)).toMatchObject(refusal(403, 'ARBITER.APPROVAL_REQUIRED'));
      await act(agent).expect(201);
      const escalation = await ask(agent);
      expect(await use(agent, escalation)).toMatchObject(refusal(403, 'ARBITER.NOT_APPROVED'));
      await decide('approve', escalation).expect(200);
      await use(agent, escalation).expect(201);
    } finally {
      await inState('observe');
    }
  });
});

describe('AISVS 9.2.2: the approver sees exactly what is asked', () => {
  it('shows the whole payload, its digest, the ceiling, the obstacle and the time left', async () => {
    const agent = await newAgent();
    const payload = { ...PAYLOAD, text: `${'x'.repeat(70_000)} \u2028 ü`, last: 'not cut off' };
    const shown = await one(await ask(agent, { payload }));
    expect(shown['payload']).toEqual(payload);
    expect(shown).toMatchObject({
      action_type: 'money.send',
      payload_sha256: canonicalSha256(payload),
      ceiling: [{ amount: 50, unit: 'usd' }],
      obstacle: { code: 'METABOLISM.BUDGET_EXCEEDED' },
      reason: 'due today',
      seconds_left: expect.any(Number),
      agent: { agent_id: agent.id },
    });
  });
});

describe('AISVS 9.2.3: an approval is bound to what was approved', () => {
  let agent: TestAgent;
  let escalation: Decided;

  beforeAll(async () => {
    agent = await newAgent();
    escalation = await approved(agent);
  });

  it.each([
    ['another payload', { payload: { ...PAYLOAD, to: 'supplier-5' } }, 'PAYLOAD_MISMATCH'],
    ['one member more', { payload: { ...PAYLOAD, cc: null } }, 'PAYLOAD_MISMATCH'],
    ['no payload', { payload: undefined }, 'PAYLOAD_MISMATCH'],
    ['another action type', { action_type: 'money.move' }, 'ACTION_MISMATCH'],
    ['a billionth more', { cost: { amount: 50.000000001 } }, 'COST_ABOVE_CEILING'],
    ['another unit', { cost: { amount: 1, unit: 'calls' } }, 'COST_ABOVE_CEILING'],
  ])('refuses %s', async (_, more, code) => {
    expect(await use(agent, escalation, more)).toMatchObject(refusal(409, `ARBITER.${code}`));
  });

  it('refuses another agent, and one whose standing has changed', async () => {
    expect(await use(await newAgent(), escalation)).toMatchObject(refusal(404, 'ARBITER.ESCALATION_NOT_FOUND'));
    const released = await newAgent();
    const before = await approved(released);
    for (const verb of ['quarantine', 'release'])
      await app.api.post(`/immune/${verb}`, arbiter, { agent_id: released.id, reason: 'a test' }).expect(200);
    expect(await use(released, before)).toMatchObject(refusal(409, 'ARBITER.APPROVAL_VOID'));
  });

  it('gives a signed permit for exactly that, with the event that says so', async () => {
    const { permit, event } = (await use(agent, escalation).expect(201)).body as Decided & { permit: string };
    const check = await permitCheck(app.url, app.environment['LOG_ORIGIN'] ?? '');
    expect(check(permit, 'money.send', PAYLOAD)).toMatchObject({ sub: agent.id, event_id: event.id });
    expect(() => check(permit, 'money.send', { ...PAYLOAD, to: 'supplier-5' })).toThrow('another payload');
  });
});

describe('AISVS 9.2.4: an approval is used once', () => {
  it('gives one action to ten requests at once, and none later', async () => {
    const agent = await newAgent();
    const escalation = await approved(agent);
    const answers = await Promise.all(Array.from({ length: 10 }, () => use(agent, escalation)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(answer).toMatchObject(refusal(409, 'ARBITER.ALREADY_USED'));
    expect(await use(agent, escalation)).toMatchObject(refusal(409, 'ARBITER.ALREADY_USED'));
  });
});

describe('AISVS 9.2.5: an approval expires', () => {
  it('undecided: silence is a deny', async () => {
    await putPolicy('hasty', 'hasty.*', { decide_within_seconds: 1 });
    const agent = await newAgent();
    const escalation = await ask(agent, { action_type: 'hasty.do' });
    await pause(1_100);
    const late = await decide('approve', escalation);
    expect(late.status).toBe(409);
    expect((late.body as Decided).code).toMatch(/^ARBITER\.(DECIDED_TOO_LATE|ALREADY_DECIDED)$/);
    expect(await use(agent, escalation, { action_type: 'hasty.do' })).toMatchObject(
      refusal(403, 'ARBITER.NOT_APPROVED'),
    );
  });

  it('unused: after the time that the policy gives', async () => {
    await putPolicy('brief', 'brief.*', { usable_seconds: 1 });
    const agent = await newAgent();
    const escalation = await approved(agent, { action_type: 'brief.do' });
    await pause(1_100);
    expect(await use(agent, escalation, { action_type: 'brief.do' })).toMatchObject(
      refusal(409, 'ARBITER.APPROVAL_EXPIRED'),
    );
  });
});

describe('AISVS 9.2: nobody approves their own, nor for two', () => {
  it('refuses whoever registered the agent, issued its key, or took one afterwards', async () => {
    const both = await app.api.createUser('operator-and-arbiter', ['operator', 'arbiter']);
    const body = { agent_id: 'their-own', type: 'task' };
    const { api_key: key } = (await app.api.post('/agents', both, body).expect(201)).body as { api_key: string };
    expect(await decide('approve', await ask({ id: 'their-own', key }), both)).toMatchObject(
      refusal(403, 'ARBITER.OWN_AGENT'),
    );
    const agent = await newAgent();
    const before = await ask(agent);
    await decide('approve', before, both).expect(200);
    const keys = await app.api.post(`/agents/${agent.id}/keys`, both).expect(200);
    const inTheirHands = { id: agent.id, key: (keys.body as { api_key: string }).api_key };
    expect(await use(inTheirHands, before)).toMatchObject(refusal(403, 'ARBITER.OWN_AGENT'));
    expect(await decide('approve', await ask(inTheirHands, { reason: 'again' }), both)).toMatchObject(
      refusal(403, 'ARBITER.OWN_AGENT'),
    );
  });

  it('counts one person once, also at once', async () => {
    await putPolicy('pairs', 'pair.*', { approvals_needed: 2 });
    const agent = await newAgent();
    const escalation = await ask(agent, { action_type: 'pair.do' });
    const twice = await Promise.all([1, 2].map(() => decide('approve', escalation)));
    expect(twice.filter(({ status }) => status === 200)).toHaveLength(1);
    const pair = { action_type: 'pair.do' };
    expect(await use(agent, escalation, pair)).toMatchObject(refusal(403, 'ARBITER.NOT_APPROVED'));
    await decide('approve', escalation, second).expect(200);
    await use(agent, escalation, pair).expect(201);
  });
});

describe('AISVS 9.4: every attempt is recorded, and a change of the record is found', () => {
  it('records each command that an agent may not give, and nothing comes of it', async () => {
    const [agent, other] = [await newAgent(), await newAgent()];
    const asked = await ask(other);
    const id = agent.id;
    const on = { agent_id: other.id, reason: 'I say so' };
    await app.api.post('/immune/quarantine', arbiter, on).expect(200);
    const tries: readonly ['post' | 'put' | 'patch', string, object, string][] = [
      ['post', '/state/transition', { to_state: 'observe', trigger: 'I say so' }, 'arbiter.transition'],
      ['put', '/state/policies/observe', TERMS, 'arbiter.set_state_policy'],
      ['post', `/escalations/${asked.id}/approve`, { reason: 'I say so' }, 'arbiter.approve'],
      ['post', `/escalations/${asked.id}/deny`, { reason: 'I say so' }, 'arbiter.deny'],
      ['put', '/approval-policies/default', { action_type: '*' }, 'arbiter.set_approval_policy'],
      ['post', '/immune/release', on, 'immune.release'],
      ['post', '/immune/quarantine', on, 'immune.quarantine'],
      ['post', '/immune/terminate', on, 'immune.terminate'],
      ['put', '/immune/policies/loop', { mode: 'off' }, 'immune.set_policy'],
      ['post', '/metabolism/allocate', { agent_id: id, total_budget: 1_000 }, 'metabolism.allocate'],
      ['post', '/agents', { agent_id: 'a-child', type: 'task', parent_id: id }, 'agents.register'],
      ['patch', `/agents/${id}`, { capabilities: ['money.send'] }, 'agents.update'],
      ['post', `/agents/${id}/keys`, {}, 'agents.rotate_key'],
      ['post', '/users', { username: 'me', roles: ['arbiter'] }, 'identity.create_user'],
      ['post', '/audit/erasures', { event_id: 1, reason: 'I say so' }, 'audit.erase'],
    ];
    const told: [number, string][] = [];
    for (const [method, path, body, type] of tries) {
      const answer = await app.api[method](path, agent.key, body).expect(403);
      told.push([(answer.body as Decided).event.id, type]);
    }
    const own = (await log()).filter(({ actor }) => actor.type === 'agent' && actor.id === id);
    expect(own.map((event) => [event.id, event.type])).toEqual(told);
    expect(own.every(({ outcome }) => outcome === 'denied')).toBe(true);
    expect(await one(asked)).toMatchObject({ status: 'pending', approvals: [] });
    const status = await app.api.get(`/immune/status/${other.id}`, operator).expect(200);
    expect(status.body).toMatchObject({ is_quarantined: true, is_terminated: false });
    const budget = await app.api.get(`/metabolism/budget/${id}`, operator).expect(200);
    expect(budget.body).toMatchObject({ total_budget: 10 });
  });

  it('shows an agent nothing of others', async () => {
    const [agent, other] = [await newAgent(), await newAgent()];
    const { action_id } = (await act(other).expect(201)).body as { action_id: string };
    const escalation = await ask(other);
    for (const path of [
      `/agents/${other.id}`,
      `/metabolism/budget/${other.id}`,
      `/metabolism/ledger?agent_id=${other.id}`,
      `/immune/status/${other.id}`,
      `/actions?agent_id=${other.id}`,
      `/escalations?agent_id=${other.id}`,
      '/audit/events',
      '/audit/export',
      '/users',
    ])
      await app.api.get(path, agent.key).expect(403);
    for (const path of [`/actions/${action_id}`, `/escalations/${escalation.id}`])
      await app.api.get(path, agent.key).expect(404);
    for (const path of ['/agents', '/actions', '/escalations', '/immune/findings']) {
      const { items } = (await app.api.get(path, agent.key).expect(200)).body as { items: { agent_id: string }[] };
      expect(items.filter((item) => item.agent_id !== agent.id)).toEqual([]);
    }
    // Reads are no events, refused ones neither.
    expect((await log()).filter(({ actor }) => actor.id === agent.id)).toEqual([]);
  });

  it('finds an event that was edited, and a row that no event explains', async () => {
    const agent = await newAgent();
    const { event } = (await act(agent, 2).expect(201)).body as Decided;
    const server = async () => (await app.api.get('/audit/verify', auditor).expect(200)).body as unknown;
    const verifier = async () => {
      const run = await runCli('verify', ['--database', app.databaseUrl, '--no-anchor', '--json']);
      return { status: run.status, report: JSON.parse(run.stdout) as unknown };
    };
    const changed = async (table: string, set: string, where: string, restore: string, check: () => Promise<void>) => {
      await asSuperuser(app.databaseUrl, (client) => client.query(`update ${table} set ${set} where ${where}`));
      try {
        await check();
      } finally {
        await asSuperuser(app.databaseUrl, (client) => client.query(`update ${table} set ${restore} where ${where}`));
      }
    };
    const swap = (a: string, b: string) => `body = replace(body, '${a}', '${b}')`;
    const [was, is] = ['"action_type":"x"', '"action_type":"y"'];
    await changed('event_log', swap(was, is), `id = ${event.id}`, swap(is, was), async () => {
      expect(await server()).toMatchObject({ valid: false, first_break: { event_id: event.id } });
      expect(await verifier()).toMatchObject({
        status: 1,
        report: { findings: expect.arrayContaining([expect.objectContaining({ kind: 'edited', event_id: event.id })]) },
      });
    });
    const add = (sign: string) => `limit_nano = limit_nano ${sign} 1`;
    await changed('limits', add('+'), `scope_id = 'agent:${agent.id}'`, add('-'), async () => {
      expect(await verifier()).toMatchObject({
        status: 1,
        report: { findings: [{ kind: 'row_changed', table: 'limits' }] },
      });
    });
    expect(await server()).toMatchObject({ valid: true });
    expect(await verifier()).toMatchObject({ status: 0 });
  });
});

describe('AISVS 9.8.6: a swarm is shut down by one command', () => {
  it('isolates agents and all below them while they act: nothing is authorized after it, and no child is added', async () => {
    const parent = await newAgent();
    const children = await Promise.all([1, 2].map(() => newAgent({ parent: parent.id })));
    const alone = await newAgent();
    const bystander = await newAgent();
    const swarm = [parent, ...children, alone];
    const items = [parent, alone].map(({ id }) => ({ agent_id: id, reason: 'the swarm is shut down' }));
    const [events, refusals] = await whileActing(swarm, async () => {
      const { body } = await app.api.post('/immune/quarantine/batch', arbiter, { items }).expect(200);
      return (body as { items: { event: { id: number } }[] }).items.map(({ event }) => event.id);
    });
    expect(refusals).toEqual(swarm.map(() => 'IMMUNE.QUARANTINED'));
    expect(events).toHaveLength(2);
    expect(await authorizedAfter(Math.min(...events), swarm)).toEqual([]);
    expect(await authorizedAfter(0, swarm)).not.toEqual([]);
    for (const { id, key } of swarm) {
      const beat = await app.api.post(`/agents/${id}/heartbeat`, key).expect(200);
      expect(beat.body).toMatchObject({ leases: [], orders: [{ kind: 'quarantine', status: 'requested' }] });
    }
    const body = { agent_id: 'late-child', type: 'task', parent_id: parent.id };
    expect(await app.api.post('/agents', operator, body)).toMatchObject(refusal(409, 'AGENTS.PARENT_NOT_ACTIVE'));
    await act(bystander).expect(201);
  });

  it('stops all task agents by a move to defend, and everybody where nobody may act', async () => {
    const tasks = await Promise.all([1, 2, 3].map(() => newAgent()));
    const reflex = await newAgent({ type: 'reflex' });
    try {
      const [event, refusals] = await whileActing(tasks, async () => {
        return ((await move('defend').expect(200)).body as Decided).event.id;
      });
      expect(refusals).toEqual(tasks.map(() => 'ARBITER.STATE_FORBIDS'));
      expect(await authorizedAfter(event, tasks)).toEqual([]);
      for (const { id, key } of tasks)
        expect((await app.api.post(`/agents/${id}/heartbeat`, key).expect(200)).body).toMatchObject({ leases: [] });
      await act(reflex).expect(201);
      await inState('defend', { may_act: [] });
      expect(await act(reflex)).toMatchObject(refusal(403, 'ARBITER.STATE_FORBIDS'));
    } finally {
      await inState('defend', { may_act: ['reflex'] });
      await move('observe').expect(200);
    }
    await act(tasks[0] ?? reflex).expect(201);
  });
});

describe('docs/security.md', () => {
  it('names each control here and no other, and tests that exist', async () => {
    const rows = (await readFile('docs/security.md', 'utf8')).split('\n').filter((line) => line.startsWith('| 9.'));
    const cited = rows.flatMap((row) =>
      [...(row.split('|')[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''),
    );
    const here = (await readFile('test/e2e/aisvs.e2e-spec.ts', 'utf8')).matchAll(/^describe\('(AISVS [\d.]+):/gm);
    const controls = new Set(cited.filter((name) => name.startsWith('AISVS')));
    expect(controls).toEqual(new Set([...here].map(([, name]) => name)));
    for (const name of cited.filter((each) => !each.startsWith('AISVS')))
      await access(name.startsWith('test/long/') ? `${name}.long-spec.ts` : `test/e2e/${name}.e2e-spec.ts`);
    expect(rows.every((row) => /\*\*(full|partial|not)\*\*/.test(row))).toBe(true);
  });
});
