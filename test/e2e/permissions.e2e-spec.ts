import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROLES, type Role } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const UNKNOWN_ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

/** Columns of the contract's table, by their initials: i(ntent_architect) a(rbiter) o(perator) m(aintainer) u(auditor) g(agent, own). */
const EVERYBODY = 'iaomu';

/** Who may call which route, as the contract says; `public` needs nobody. Paths below /api/v1 unless they begin with ~. */
const CONTRACT: Readonly<Record<string, string>> = {
  'GET ~/.well-known/jwks.json': 'public',
  'GET ~/health': 'public',
  'GET ~/health/live': 'public',
  'GET ~/health/ready': 'public',
  'GET ~/metrics': 'public',
  'GET ~/tlog/checkpoint': 'public',
  'GET ~/tlog/tile/entries/{index}': 'iau',
  'GET ~/tlog/tile/{level}/{index}': 'public',
  'POST /auth/login': 'public',
  'POST /auth/refresh': 'public',
  'POST /auth/activate': 'public',
  'POST /auth/logout': EVERYBODY,
  'POST /users': 'm',
  'GET /users': 'mu',
  'GET /users/me': EVERYBODY,
  'POST /users/me/password': EVERYBODY,
  'GET /users/{id}': 'mu',
  'PATCH /users/{id}': 'm',
  'POST /users/{id}/reset': 'm',
  'GET /roles': EVERYBODY,
  'POST /agents': 'io',
  'GET /agents': `${EVERYBODY}g`,
  'GET /agents/{agent_id}': `${EVERYBODY}g`,
  'PATCH /agents/{agent_id}': 'io',
  'POST /agents/{agent_id}/keys': 'iom',
  'DELETE /agents/{agent_id}/keys/{key_id}': 'iom',
  'POST /agents/{agent_id}/heartbeat': 'g',
  'GET /agents/{agent_id}/orders': 'g',
  'POST /agents/{agent_id}/orders/{order_id}/confirm': 'g',
  'POST /actions': 'g',
  'POST /actions/batch': 'g',
  'POST /actions/{action_id}/begin': 'g',
  'POST /actions/{action_id}/complete': 'g',
  'GET /actions': `${EVERYBODY}g`,
  'GET /actions/{action_id}': `${EVERYBODY}g`,
  'POST /metabolism/allocate': 'iao',
  'GET /metabolism/budget/{agent_id}': `${EVERYBODY}g`,
  'POST /metabolism/prices': 'iao',
  'GET /metabolism/prices': `${EVERYBODY}g`,
  'POST /metabolism/quote': `${EVERYBODY}g`,
  'POST /metabolism/reprice': 'iao',
  'POST /metabolism/scopes': 'iao',
  'GET /metabolism/scopes': `${EVERYBODY}g`,
  'GET /metabolism/scopes/{scope_id}': `${EVERYBODY}g`,
  'PATCH /metabolism/scopes/{scope_id}': 'iao',
  'POST /metabolism/scopes/{scope_id}/debt': 'a',
  'POST /metabolism/charge': 'g',
  'POST /metabolism/charge/batch': 'g',
  'GET /metabolism/ledger': `${EVERYBODY}g`,
  'GET /metabolism/ledger/export': `${EVERYBODY}g`,
  'GET /metabolism/costs': `${EVERYBODY}g`,
  'POST /immune/quarantine': 'ia',
  'POST /immune/quarantine/batch': 'ia',
  'POST /immune/release': 'a',
  'POST /immune/terminate': 'ia',
  'GET /immune/status/{agent_id}': `${EVERYBODY}g`,
  'GET /immune/quarantine': `${EVERYBODY}g`,
  'GET /immune/orders': `${EVERYBODY}g`,
  'GET /immune/policies': EVERYBODY,
  'GET /immune/findings': `${EVERYBODY}g`,
  'PUT /immune/policies/{policy_id}': 'i',
  'POST /immune/policies/backtest': 'i',
  'POST /observations': 'g',
  'POST /observations/batch': 'g',
  'GET /observations': `${EVERYBODY}g`,
  'GET /observations/{id}': `${EVERYBODY}g`,
  'GET /anomalies': `${EVERYBODY}g`,
  'POST /anomalies/{event_id}/resolve': 'ao',
  'POST /anomalies/{event_id}/dismiss': 'ao',
  'POST /escalations': 'g',
  'GET /escalations': 'aug',
  'GET /escalations/{id}': 'aug',
  'POST /escalations/{id}/approve': 'a',
  'POST /escalations/{id}/deny': 'a',
  'GET /approval-policies': EVERYBODY,
  'PUT /approval-policies/{policy_id}': 'i',
  'GET /state': `${EVERYBODY}g`,
  'POST /state/transition': 'iao',
  'GET /state/history': `${EVERYBODY}g`,
  'GET /state/policies': EVERYBODY,
  'PUT /state/policies/{state}': 'i',
  'POST /audit/erasures': 'a',
  'GET /audit/status': 'iau',
  'GET /audit/findings': 'iau',
  'GET /audit/keys': 'public',
  'GET /audit/events': 'iau',
  'GET /audit/events/{id}': 'iau',
  'GET /audit/events/{id}/receipt': 'iau',
  'GET /audit/proof/consistency': 'public',
  'GET /audit/verify': 'u',
  'GET /audit/export': 'u',
  'GET /audit/checkpoint': 'public',
  'GET /audit/key': 'public',
};

const INITIALS: Readonly<Record<Role, string>> = {
  intent_architect: 'i',
  arbiter: 'a',
  operator: 'o',
  maintainer: 'm',
  auditor: 'u',
};

let app: TestApp;
let tokens: Map<string, string | undefined>;

beforeAll(async () => {
  app = await startTestApp();
  const agent = await app.api.registerAgent('itself');
  await app.api.registerAgent('another');
  tokens = new Map([['agent', agent.key]]);
  for (const role of ROLES) tokens.set(role, await app.api.as(role));
});

afterAll(() => app.close());

/** Calls a route with path parameters that fit and an empty body; answers the status and the problem's code. */
async function call(
  route: string,
  who: string,
  agentId = 'itself',
): Promise<{ status: number; code: string | undefined }> {
  const [method = '', template = ''] = route.split(' ');
  const path = template
    .replace('{agent_id}', agentId)
    .replace('{scope_id}', `agent:${agentId}`)
    .replace('/events/{id}', '/events/1')
    .replace('{event_id}', '1')
    .replace('{policy_id}', 'silence')
    .replace('{state}', 'alert')
    .replace(/\{(id|action_id|key_id|order_id)\}/, UNKNOWN_ID);
  const url = path.startsWith('~') ? `${app.url}${path.slice(1)}` : `${app.url}/api/v1${path}`;
  const token = tokens.get(who);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const answer = await fetch(url, { method, headers, ...(method === 'GET' ? {} : { body: '{}' }) });
  const text = await answer.text();
  const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json');
  return { status: answer.status, code: isProblem ? (JSON.parse(text) as { code: string }).code : undefined };
}

describe('the permission table', () => {
  it('knows every route of the server, and no other', async () => {
    const answer = await app.api.get('/docs-json').expect(200);
    const { paths } = answer.body as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.startsWith('/api/v1') ? path.slice(7) : `~${path}`}`,
      ),
    );
    expect(routes.toSorted()).toEqual(Object.keys(CONTRACT).toSorted());
  });

  it.each(Object.entries(CONTRACT))('%s is for %s', async (route, who) => {
    const nobody = await call(route, 'nobody');
    if (who === 'public') {
      expect(nobody.code).not.toBe('ACCESS.UNAUTHENTICATED');
      return;
    }
    expect(nobody).toEqual({ status: 401, code: 'ACCESS.UNAUTHENTICATED' });
    // Logging out ends this test's own sessions; access tokens live on.
    for (const role of ROLES) {
      const { status, code } = await call(route, role, 'another');
      const isRefused = status === 403 && code === 'ACCESS.FORBIDDEN';
      expect({ role, isRefused }).toEqual({ role, isRefused: !who.includes(INITIALS[role]) });
      expect(status).not.toBe(401);
      expect(status).toBeLessThan(500);
    }
    const agent = await call(route, 'agent');
    expect({ isRefused: agent.status === 403 && agent.code === 'ACCESS.FORBIDDEN' }).toEqual({
      isRefused: !who.includes('g'),
    });
    expect(agent.status).toBeLessThan(500);
  });

  it.each(Object.keys(CONTRACT).filter((route) => route.includes('{agent_id}')))(
    'an agent has no part in %s of another',
    async (route) => {
      expect((await call(route, 'agent', 'another')).status).toBe(403);
    },
  );

  it('puts the refusal of a known caller into the log, and that of nobody not', async () => {
    const auditor = await app.api.as('auditor');
    const before = await app.api.get('/audit/events?type=immune.release&outcome=denied', auditor).expect(200);
    await call('POST /immune/release', 'operator');
    await call('POST /immune/release', 'nobody');
    const after = await app.api.get('/audit/events?type=immune.release&outcome=denied', auditor).expect(200);
    const count = (answer: typeof after): number => (answer.body as { items: unknown[] }).items.length;
    expect(count(after)).toBe(count(before) + 1);
  });

  it('holds a change of roles for the very next request of a token given out before', async () => {
    const token = await app.api.createUser('the-fallen', ['operator']);
    const me = await app.api.get('/users/me', token).expect(200);
    const { id } = me.body as { id: string };
    await app.api.patch(`/users/${id}`, await app.api.as('maintainer'), { roles: ['auditor'] }).expect(200);
    await app.api.post('/metabolism/allocate', token, { agent_id: 'itself', total_budget: 1 }).expect(403);
    await app.api.patch(`/users/${id}`, await app.api.as('maintainer'), { disabled: true }).expect(200);
    await app.api.get('/users/me', token).expect(401);
  });
});
