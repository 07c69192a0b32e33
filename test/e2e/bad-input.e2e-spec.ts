import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TestAgent } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let agent: TestAgent;
let tokens: Record<string, string>;

beforeAll(async () => {
  app = await startTestApp();
  agent = await app.api.registerAgent('target', { budget: 1000 });
  tokens = {
    agent: agent.key,
    operator: await app.api.as('operator'),
    arbiter: await app.api.as('arbiter'),
    maintainer: await app.api.as('maintainer'),
  };
});

afterAll(() => app.close());

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: { code?: string; errors?: { pointer: string; detail: string }[] };
}

/** Sends a body exactly as written. */
async function send(
  path: string,
  who: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${app.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens[who]}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    body: (await answer.json()) as Answer['body'],
  };
}

async function lastEventId(): Promise<number> {
  const health = await app.api.get('/health').expect(200);
  return (health.body as { log: { last_event_id: number } }).log.last_event_id;
}

const ACTION = { action_type: 'x', cost: { amount: 1 } };

describe('bad input', () => {
  it.each([
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1},"more":1}', '/more'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1,"more":1}}', '/cost/more'],
    ['/actions', 'agent', '{"action_type":"x"}', '/cost'],
    ['/actions', 'agent', '{"action_type":"x","cost":null}', '/cost'],
    ['/actions', 'agent', '{"action_type":"x","cost":[]}', '/cost'],
    ['/actions', 'agent', '{"action_type":"x","cost":7}', '/cost'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":"1"}}', '/cost/amount'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":-1}}', '/cost/amount'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":-0.0}}', '/cost/amount'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":0.1234567891}}', '/cost/amount'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1000000000}}', '/cost/amount'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1e309}}', '/cost/amount'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1,"unit":"USD"}}', '/cost/unit'],
    ['/actions', 'agent', '{"action_type":["x"],"cost":{"amount":1}}', '/action_type'],
    ['/actions', 'agent', '{"action_type":"x\\u0000","cost":{"amount":1}}', '/action_type'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1},"payload":{"a":"\\ud800"}}', '/payload/a'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1},"payload":[1]}', '/payload'],
    [
      '/actions',
      'agent',
      '{"action_type":"x","cost":{"amount":1},"payload":{"__proto__":{"a":1}}}',
      '/payload/__proto__',
    ],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1},"constructor":{"prototype":1}}', '/constructor'],
    [
      '/actions/batch',
      'agent',
      '{"items":[{"action_type":"x","cost":{"amount":1}},{"action_type":"x","cost":{"amount":-1}}]}',
      '/items/1/cost/amount',
    ],
    ['/actions/batch', 'agent', '{"items":{"0":{"action_type":"x","cost":{"amount":1}}}}', '/items'],
    ['/actions/batch', 'agent', '{"items":[null]}', '/items/0'],
    ['/metabolism/allocate', 'operator', '{"agent_id":"a","total_budget":0}', '/total_budget'],
    ['/metabolism/allocate', 'operator', '{"agent_id":"a","total_budget":-5}', '/total_budget'],
    ['/metabolism/allocate', 'operator', '{"agent_id":"a","total_budget":1e12}', '/total_budget'],
    ['/metabolism/allocate', 'operator', '{"agent_id":"../a","total_budget":1}', '/agent_id'],
    ['/metabolism/allocate', 'operator', '{"agent_id":"a","total_budget":1,"window_hours":0}', '/window_hours'],
    [
      '/metabolism/charge',
      'agent',
      '{"cost_type":"x","cost_amount":1,"occurred_at":"2026-02-30T00:00:00Z"}',
      '/occurred_at',
    ],
    ['/metabolism/charge', 'agent', '{"cost_type":"x","cost_amount":1,"action_id":"1"}', '/action_id'],
    ['/agents', 'operator', '{"agent_id":"b","type":"human"}', '/type'],
    ['/agents', 'operator', '{"agent_id":"b","type":"task","capabilities":"x"}', '/capabilities'],
    ['/immune/quarantine', 'arbiter', '{"agent_id":"target","reason":"   "}', '/reason'],
    ['/state/transition', 'arbiter', '{"to_state":"panic","trigger":"t"}', '/to_state'],
    ['/metabolism/allocate', 'operator', '{"agent_id":"a","total_budget":1,"unit":null}', '/unit'],
    ['/metabolism/charge', 'agent', '{"cost_type":"x","cost_amount":1,"attributes":null}', '/attributes'],
    ['/actions', 'agent', '{"action_type":"x","cost":{"amount":1,"unit":null}}', '/cost/unit'],
    ['/immune/release', 'arbiter', '{"agent_id":"target","reason":"r","probation":null}', '/probation'],
    ['/users', 'maintainer', '{"username":"a b","roles":["operator"]}', '/username'],
  ])('%s by %s: %s names the member', async (path, who, body, pointer) => {
    const before = await lastEventId();
    const answer = await send(path, who, body);
    expect(answer).toMatchObject({ status: 400, type: expect.stringContaining('application/problem+json') });
    expect(answer.body.errors?.[0]?.pointer).toBe(pointer);
    expect(await lastEventId()).toBe(before);
  });

  it.each([
    ['malformed JSON', '{"action_type":', {}, 400, 'REQUEST.MALFORMED'],
    ['an array', '[]', {}, 400, 'REQUEST.MALFORMED'],
    ['a text', '"x"', {}, 400, 'REQUEST.MALFORMED'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, 400, 'REQUEST.MALFORMED'],
    ['5,000 levels', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, {}, 400, 'REQUEST.MALFORMED'],
    ['another content type', JSON.stringify(ACTION), { 'content-type': 'text/plain' }, 415, 'REQUEST.NOT_JSON'],
    ['a form', 'action_type=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'REQUEST.NOT_JSON'],
    ['a compressed body', Buffer.from([0x1f, 0x8b]), { 'content-encoding': 'gzip' }, 415, 'REQUEST.ENCODED'],
    [
      'ten megabytes',
      JSON.stringify({ ...ACTION, payload: { x: 'x'.repeat(10_000_000) } }),
      {},
      413,
      'REQUEST.TOO_LARGE',
    ],
  ])('that is %s gets its own answer', async (_, body, headers, status, code) => {
    const before = await lastEventId();
    expect(await send('/actions', 'agent', body, headers)).toMatchObject({ status, body: { code } });
    expect(await lastEventId()).toBe(before);
  });

  it.each([
    '/agents?limit=0',
    '/agents?limit=201',
    '/agents?limit=x',
    '/agents?more=1',
    '/agents?type=human',
    '/metabolism/ledger?from=yesterday',
    '/metabolism/costs',
    '/actions?cursor=xyz',
    '/actions/1',
    '/users/x',
  ])('in the query %s is a 400 as well', async (path) => {
    const answer = await app.api.get(path, tokens['maintainer']).expect(400);
    expect(answer.body).toMatchObject({ errors: [{ pointer: expect.any(String) }] });
  });

  it('in the query of the log is a 400 as well, NUL included', async () => {
    const auditor = await app.api.as('auditor');
    await app.api.get('/audit/events?actor_id=%00', auditor).expect(400);
    await app.api.get('/audit/events?from=2026-01-01T00:00:00%2B23:59', auditor).expect(200);
  });

  it('never breaks the server, whatever stands in a body', async () => {
    const before = await lastEventId();
    const routes = [
      ['/actions', 'agent', ['action_type', 'payload', 'cost']],
      ['/actions/batch', 'agent', ['items']],
      ['/metabolism/charge', 'agent', ['cost_type', 'cost_amount', 'unit', 'action_id', 'occurred_at', 'attributes']],
      ['/metabolism/allocate', 'operator', ['agent_id', 'total_budget', 'window_hours', 'unit']],
      ['/agents', 'operator', ['agent_id', 'type', 'description', 'capabilities', 'source_uri']],
      ['/immune/quarantine', 'arbiter', ['agent_id', 'reason']],
      ['/state/transition', 'arbiter', ['to_state', 'trigger']],
      ['/users', 'maintainer', ['username', 'roles']],
      ['/auth/login', 'agent', ['username', 'password']],
    ] as const;
    const request = fc.constantFrom(...routes).chain(([path, who, members]) =>
      fc.record({
        path: fc.constant(path),
        who: fc.constant(who),
        body: fc.dictionary(
          fc.constantFrom(...members, 'more', 'constructor', 'toString'),
          fc.jsonValue({ maxDepth: 4 }),
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(request, async ({ path, who, body }) => {
        const { status, type } = await send(path, who, JSON.stringify(body));
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        expect(type).toContain('application/problem+json');
      }),
      { numRuns: 300 },
    );
    expect(await lastEventId()).toBe(before);
  });

  it('is told from good input of the largest size: its event has the digest, and the text is kept', async () => {
    const payload = { x: 'x'.repeat(100_000) };
    const answer = await send('/actions', 'agent', JSON.stringify({ ...ACTION, payload }));
    expect(answer.status).toBe(201);
    const { event } = answer.body as { event?: { id: number } };
    const found = await app.api.get(`/audit/events/${event?.id}`, await app.api.as('auditor')).expect(200);
    expect(found.body).toMatchObject({
      payload: { payload_bytes: 100_008, payload_sha256: expect.any(String) },
      texts: { payload: JSON.stringify(payload) },
    });
  });

  it('shows no stack, SQL or path to nobody', async () => {
    const answer = await app.api.get('/no/such/route', tokens['operator']).expect(404);
    expect(answer.body).toMatchObject({ code: 'REQUEST.NO_SUCH_ROUTE', status: 404, request_id: expect.any(String) });
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|select |at /);
  });
});
