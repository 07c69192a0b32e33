import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '../../src/platform/database/client.js';
import type { TestAgent } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let operator: string;
let team: string;
let one: TestAgent;
let two: TestAgent;

/** What is charged: agent, cost type, amount, unit, moment. */
const CHARGES: readonly (readonly ['one' | 'two', string, number, string, string])[] = [
  ['one', 'llm.call', 1.000000001, 'usd', '2026-01-01T00:00:10Z'],
  ['one', 'llm.call', 2, 'usd', '2026-01-01T00:00:59.999999Z'],
  ['one', 'search', 0.5, 'usd', '2026-01-01T00:01:00Z'],
  ['two', 'llm.call', 4, 'usd', '2026-01-01T23:59:30Z'],
  ['two', 'llm.call', 8, 'usd', '2026-01-02T10:30:00Z'],
  ['two', 'llm.call', 300, 'tokens', '2026-01-02T10:30:00Z'],
];

beforeAll(async () => {
  app = await startTestApp();
  operator = await app.api.as('operator');
  const limits = [
    { limit: 1_000, window: 'lifetime' },
    { limit: 1_000, window: 'lifetime', unit: 'tokens' },
  ];
  const made = await app.api.post('/metabolism/scopes', operator, { name: 'team', limits }).expect(201);
  team = (made.body as { scope_id: string }).scope_id;
  [one, two] = [await app.api.registerAgent('one'), await app.api.registerAgent('two')];
  for (const id of ['one', 'two'])
    await app.api.patch(`/metabolism/scopes/agent:${id}`, operator, { parent_id: team }).expect(200);
  for (const [who, cost_type, cost_amount, unit, occurred_at] of CHARGES) {
    const body = { cost_type, cost_amount, unit, occurred_at };
    await app.api.post('/metabolism/charge', who === 'one' ? one.key : two.key, body).expect(201);
  }
});

afterAll(() => app.close());

const costs = async (query: string, who = operator): Promise<Record<string, unknown>[]> => {
  const items: Record<string, unknown>[] = [];
  for (let cursor = ''; ;) {
    const path = `/metabolism/costs?limit=2&${query}${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { body } = await app.api.get(path, who).expect(200);
    const page = body as { items: Record<string, unknown>[]; next_cursor: string | null };
    items.push(...page.items);
    if (page.next_cursor === null) return items;
    cursor = page.next_cursor;
  }
};

describe('totals', () => {
  it('are told by agent, scope, cost type, model and unit', async () => {
    expect(await costs('group_by=agent')).toEqual([
      { agent_id: 'one', unit: 'usd', total: 3.500000001, entries: 3 },
      { agent_id: 'two', unit: 'tokens', total: 300, entries: 1 },
      { agent_id: 'two', unit: 'usd', total: 12, entries: 2 },
    ]);
    expect(await costs('group_by=scope&unit=usd')).toEqual(
      [
        { scope_id: team, unit: 'usd', total: 15.500000001, entries: 5 },
        { scope_id: 'agent:one', unit: 'usd', total: 3.500000001, entries: 3 },
        { scope_id: 'agent:two', unit: 'usd', total: 12, entries: 2 },
        { scope_id: 'substrate', unit: 'usd', total: 15.500000001, entries: 5 },
      ].toSorted((a, b) => (a.scope_id < b.scope_id ? -1 : 1)),
    );
    expect(await costs('group_by=cost_type&agent_id=one')).toEqual([
      { cost_type: 'llm.call', unit: 'usd', total: 3.000000001, entries: 2 },
      { cost_type: 'search', unit: 'usd', total: 0.5, entries: 1 },
    ]);
    expect(await costs('group_by=model&unit=tokens')).toEqual([
      { model: null, unit: 'tokens', total: 300, entries: 1 },
    ]);
    expect(await costs(`group_by=unit&scope_id=${team}`)).toEqual([
      { unit: 'tokens', total: 300, entries: 1 },
      { unit: 'usd', total: 15.500000001, entries: 5 },
    ]);
  });

  it('are time series by minute, hour and day, also of each group', async () => {
    expect(await costs('group_by=minute&agent_id=one')).toEqual([
      { minute: '2026-01-01T00:00:00.000000Z', unit: 'usd', total: 3.000000001, entries: 2 },
      { minute: '2026-01-01T00:01:00.000000Z', unit: 'usd', total: 0.5, entries: 1 },
    ]);
    expect(await costs('group_by=day&unit=usd')).toEqual([
      { day: '2026-01-01T00:00:00.000000Z', unit: 'usd', total: 7.500000001, entries: 4 },
      { day: '2026-01-02T00:00:00.000000Z', unit: 'usd', total: 8, entries: 1 },
    ]);
    expect(await costs('group_by=agent&interval=hour&unit=usd')).toEqual([
      { hour: '2026-01-01T00:00:00.000000Z', agent_id: 'one', unit: 'usd', total: 3.500000001, entries: 3 },
      { hour: '2026-01-01T23:00:00.000000Z', agent_id: 'two', unit: 'usd', total: 4, entries: 1 },
      { hour: '2026-01-02T10:00:00.000000Z', agent_id: 'two', unit: 'usd', total: 8, entries: 1 },
    ]);
  });

  it('of any span are exact, to the microsecond', async () => {
    const total = async (from: string, to: string): Promise<unknown> =>
      (await costs(`group_by=unit&unit=usd&from=${from}&to=${to}`))[0]?.['total'];
    expect(await total('2026-01-01T00:00:10Z', '2026-01-01T00:00:59.999999Z')).toBe(1.000000001);
    expect(await total('2026-01-01T00:00:10.000001Z', '2026-01-02T10:30:00Z')).toBe(6.5);
    expect(await total('2026-01-01T00:00:00Z', '2026-01-02T10:30:00.000001Z')).toBe(15.500000001);
    expect(await total('2026-01-01T23:59:30Z', '2026-01-01T23:59:30Z')).toBeUndefined();
  });

  it('of an agent are its own', async () => {
    expect(await costs('group_by=agent', one.key)).toMatchObject([{ agent_id: 'one' }]);
  });

  it('that somebody changes are told from the ledger', async () => {
    const client = createClient(app.databaseUrl, 'migration');
    await client.connect();
    try {
      const { rows } = await client.query(
        `select (select sum(amount_nano) from cost_ledger) * 3 = (select sum(amount_nano) from cost_rollups) as equal`,
      );
      expect(rows).toEqual([{ equal: true }]);
    } finally {
      await client.end();
    }
  });
});

describe('the export', () => {
  it('is NDJSON with exact decimals, or CSV', async () => {
    const headers = { authorization: `Bearer ${operator}` };
    const answer = await fetch(`${app.url}/api/v1/metabolism/ledger/export?unit=usd`, { headers });
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { amount: string; scopes: string[] });
    expect(lines.map(({ amount }) => amount)).toEqual(['1.000000001', '2', '0.5', '4', '8']);
    expect(lines[0]?.scopes).toEqual(['agent:one', team, 'substrate']);
    const csv = await app.api.get('/metabolism/ledger/export?format=csv&agent_id=one', operator).expect(200);
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
    const [header, first] = csv.text.split('\r\n');
    expect(header).toMatch(/^id,event_id,agent_id,action_id,cost_type,amount,unit,/);
    expect(first).toContain(`,one,,llm.call,1.000000001,usd,2026-01-01T00:00:10.000000Z,`);
    expect(csv.text.trimEnd().split('\r\n')).toHaveLength(4);
  });
});
