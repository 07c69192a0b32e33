import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditFiles } from '../support/checker.js';
import type { TestAgent } from '../support/api.js';
import { createClient } from '../../src/platform/database/client.js';
import { differences, foldExport, readTables } from '../support/fold.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Tables that are empty where all is well. */
const EMPTY = ['budget_refusals', 'audit_findings', 'prices'];

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ ACTION_TTL_SECONDS: '1' });
});

afterAll(() => app.close());

/** One of everything that changes a derived table. */
async function liveALittle(): Promise<void> {
  const { api } = app;
  const [operator, arbiter, maintainer] = [
    await api.as('operator'),
    await api.as('arbiter'),
    await api.as('maintainer'),
  ];
  const agent = await api.registerAgent('busy', { budget: 5 });
  const act = (amount: number, deferred = false) =>
    api.post('/actions', agent.key, { action_type: 'x', cost: { amount }, deferred });
  const { action_id } = (await act(1).expect(201)).body as { action_id: string };
  await api.post(`/actions/${action_id}/complete`, agent.key, { status: 'success', cost: { amount: 1.5 } }).expect(200);
  await act(0.25).expect(201);
  // One that is begun, and one that is given back when its time is over.
  for (const isBegun of [true, false]) {
    const held = (await act(0.125, true).expect(201)).body as { action_id: string };
    if (isBegun) await api.post(`/actions/${held.action_id}/begin`, agent.key).expect(200);
  }
  const limits = [{ limit: 100, window: 'hour', rolling: true }];
  const team = await api.post('/metabolism/scopes', operator, { name: 'team', limits }).expect(201);
  const { scope_id: parent } = team.body as { scope_id: string };
  await api.patch('/metabolism/scopes/agent:busy', operator, { parent_id: parent }).expect(200);
  await api.post('/metabolism/charge', agent.key, { cost_type: 'y', cost_amount: 0.000000001 }).expect(201);
  await api.patch('/agents/busy', operator, { description: 'busy for a test', capabilities: ['x'] }).expect(200);
  await api.post('/agents/busy/keys', operator, { grace_seconds: 60 }).expect(200);
  await seeSomething();
  for (let i = 0; i < 10; i += 1) await act(99).expect(402);
  expect((await act(0).expect(403)).body).toMatchObject({ code: 'IMMUNE.QUARANTINED' });
  await api.post('/immune/release', arbiter, { agent_id: 'busy', reason: 'a test' }).expect(200);
  const terms = { may_act: ['task'], limits_share: 0.5, approvals: { kind: 'types', action_types: ['money.*'] } };
  await api
    .put('/state/policies/alert', await api.as('intent_architect'), { ...terms, sensitivity: 0.875 })
    .expect(200);
  await escalateALittle(await api.registerAgent('asking', { budget: 5 }));
  await api.post('/state/transition', operator, { to_state: 'alert', trigger: 'a test' }).expect(200);
  await api.post('/immune/terminate', arbiter, { agent_id: 'busy', reason: 'a test' }).expect(200);
  const made = await api.post('/users', maintainer, { username: 'someone', roles: ['arbiter'] }).expect(201);
  const { id } = made.body as { id: string };
  await api.patch(`/users/${id}`, maintainer, { roles: ['operator', 'arbiter'], disabled: true }).expect(200);
}

/** A sensor reports something critical, and somebody decides about it. */
async function seeSomething(): Promise<void> {
  const { api } = app;
  const operator = await api.as('operator');
  const sensor = await api.registerAgent('sensor', { type: 'sensor' });
  const seen = { event_type: 'fire', event_data: { degrees: 451 }, severity: 'critical' };
  await api.post('/observations', sensor.key, seen).expect(201);
  for (let i = 0; i < 100; i += 1) {
    const found = await api.get('/anomalies?agent_id=sensor', operator).expect(200);
    const [anomaly] = (found.body as { items: { event_id: number }[] }).items;
    if (anomaly) {
      await api.post(`/anomalies/${anomaly.event_id}/dismiss`, operator, { reason: 'a test' }).expect(200);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the anomaly was not found');
}

/** An escalation that is used and settled, one that is denied, one that is about a person and nobody answers. */
async function escalateALittle(agent: TestAgent): Promise<void> {
  const { api } = app;
  const [arbiter, architect] = [await api.as('arbiter'), await api.as('intent_architect')];
  const hasty = { action_type: 'hasty.*', approvals_needed: 2, decide_within_seconds: 1, usable_seconds: 60 };
  await api.put('/approval-policies/hasty', architect, hasty).expect(200);
  const wish = { action_type: 'money.send', payload: { to: 'supplier-4' }, cost: { amount: 50 } };
  const ask = async (more: object): Promise<string> =>
    ((await api.post('/escalations', agent.key, { ...wish, ...more }).expect(201)).body as { id: string }).id;
  const decide = (verb: string, id: string) =>
    api.post(`/escalations/${id}/${verb}`, arbiter, { reason: 'a test' }).expect(200);
  const used = await ask({ reason: 'due' });
  await decide('approve', used);
  const done = await api.post('/actions', agent.key, { ...wish, escalation_id: used }).expect(201);
  const { action_id } = done.body as { action_id: string };
  await api.post(`/actions/${action_id}/complete`, agent.key, { status: 'success', cost: { amount: 20 } }).expect(200);
  await decide('deny', await ask({ reason: 'wanted' }));
  const silent = await ask({ action_type: 'hasty.send', personal: true, reason: 'now' });
  await decide('approve', silent);
  for (let i = 0; i < 100; i += 1) {
    const { body } = await api.get(`/escalations/${silent}`, arbiter).expect(200);
    if ((body as { status: string }).status === 'expired') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the escalation did not expire');
}

/** Waits until the job has booked the action that nobody completed. */
async function untilExpired(): Promise<void> {
  const operator = await app.api.as('operator');
  for (let i = 0; i < 100; i += 1) {
    const expired = await app.api.get('/actions?status=expired', operator).expect(200);
    if ((expired.body as { items: unknown[] }).items.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the action did not expire');
}

describe('the tables', () => {
  it('are exactly the fold of the log, and a change without an event is found', async () => {
    await liveALittle();
    await untilExpired();
    const { export: ndjson } = await auditFiles(app.url, await app.api.as('auditor'));
    const folded = foldExport(ndjson);
    expect(differences(folded, await readTables(app.databaseUrl))).toEqual([]);
    for (const [name, rows] of folded)
      if (!EMPTY.includes(name)) expect({ name, rows: rows.size }).not.toEqual({ name, rows: 0 });

    const client = createClient(app.databaseUrl, 'migration');
    await client.connect();
    await client.query(`update limits set limit_nano = limit_nano + 1 where scope_id = 'agent:busy'`);
    await client.end();
    expect(differences(folded, await readTables(app.databaseUrl))).toHaveLength(1);
  });
});
