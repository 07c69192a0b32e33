import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Api, type TestAgent } from '../support/api.js';
import { auditFiles } from '../support/checker.js';
import { differences, foldExport, readTables } from '../support/fold.js';
import { runCli } from '../support/run-cli.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Not so many that an agent or an arbiter is refused 60 times within a minute, and answered 429 from then on. */
const ESCALATIONS = 12;
/** Tables that change with what the tests do, and no other way. */
const SETTLED = ['escalations', 'approval_policies', 'holds', 'accounts', 'limits'];
const WISH = { action_type: 'money.send', payload: { to: 'supplier-4' }, cost: { amount: 5 } };

let database: TestDatabase;
let environment: NodeJS.ProcessEnv;
let servers: ServerProcess[];
let api: Api;
let agent: TestAgent;
let arbiters: string[];
let tests = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  environment = testEnvironment(database.url);
  servers = await Promise.all([startProcess(environment), startProcess(environment)]);
  api = new Api(servers[0]?.url ?? '');
  await api.as('auditor');
});

beforeEach(async () => {
  tests += 1;
  agent = await api.registerAgent(`asking-${tests}`, { budget: 1 });
  arbiters = await Promise.all([1, 2].map((n) => api.createUser(`arbiter-${tests}-${n}`, ['arbiter'])));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
});

interface Answered {
  readonly status: number;
  readonly event: number;
}

/** Posts to one of the servers; null where it was killed on the way. */
async function post(server: number, path: string, bearer: string, body: object): Promise<Answered | null> {
  const answer = await fetch(`${servers[server % servers.length]?.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
    .then(async (r) => ({ ...((await r.json()) as { event?: { id: number } }), status: r.status }))
    .catch(() => null);
  return answer && { status: answer.status, event: answer.event?.id ?? 0 };
}

async function asked(n: number): Promise<string> {
  const answer = await api.post('/escalations', agent.key, { ...WISH, reason: `number ${n}` }).expect(201);
  return (answer.body as { id: string }).id;
}

const succeeded = (answers: readonly (Answered | null)[]): Answered[] =>
  answers.filter((answer) => answer !== null && answer.status < 300) as Answered[];

/** Approvals, denials and uses of one escalation, all at once, on both servers; every other one is approved already. */
async function fight(id: string, n: number): Promise<{ yes: Answered[]; no: Answered[]; uses: Answered[] }> {
  const decide = (who: number, verb: string) =>
    post(who + n, `/escalations/${id}/${verb}`, arbiters[who] ?? '', { reason: 'a test' });
  const use = (at: number) => post(at, '/actions', agent.key, { ...WISH, escalation_id: id });
  const before = n % 2 === 0 ? [await decide(0, 'approve')] : [];
  const first = n % 3 === 0 ? [use(0)] : [];
  const [yes, no, uses] = await Promise.all([
    Promise.all([0, 1].map((who) => decide(who, 'approve'))),
    Promise.all([1, 0].map((who) => decide(who, 'deny'))),
    Promise.all([...first, use(1), use(0), use(1)]),
  ]);
  return { yes: succeeded([...before, ...yes]), no: succeeded(no), uses: succeeded(uses) };
}

async function holdsByEscalation(): Promise<Map<string, number>> {
  const tables = await readTables(database.url);
  const counts = new Map<string, number>();
  for (const row of tables.get('holds')?.values() ?? []) {
    const { escalation_id: id } = JSON.parse(row) as { escalation_id: string };
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

interface Row {
  readonly id: string;
  readonly status: string;
  readonly approvals: { readonly user_id: string }[];
}

/** Each used escalation has exactly one action, each other none; the tables are the fold of the log, and the books fit. */
async function expectWhole(url: string): Promise<void> {
  const holds = await holdsByEscalation();
  const tables = await readTables(database.url);
  for (const text of tables.get('escalations')?.values() ?? []) {
    const { id, status, approvals } = JSON.parse(text) as Row;
    expect({ id, status, actions: holds.get(id) ?? 0 }).toEqual({ id, status, actions: status === 'used' ? 1 : 0 });
    if (status === 'used' || status === 'approved') expect(approvals.length).toBeGreaterThan(0);
  }
  const { export: ndjson } = await auditFiles(url, await api.as('auditor'));
  // Detectors go on meanwhile.
  const settled = [...foldExport(ndjson)].filter(([name]) => SETTLED.includes(name));
  expect(differences(new Map(settled), tables)).toEqual([]);
  expect(await runCli('doctor', ['--database', database.url])).toMatchObject({ status: 0 });
}

describe('two servers', () => {
  it('never use an escalation after a deny, nor twice, however decisions and uses race', async () => {
    const ids = await Promise.all(Array.from({ length: ESCALATIONS }, (_, n) => asked(n)));
    const fights = await Promise.all(ids.map((id, n) => fight(id, n)));
    for (const { yes, no, uses } of fights) {
      expect(no.length + uses.length).toBeLessThanOrEqual(1);
      for (const { event } of uses) expect(yes.some((approval) => approval.event < event)).toBe(true);
    }
    // Both sides win some, or it was no race.
    expect(fights.some(({ no }) => no.length === 1)).toBe(true);
    expect(fights.some(({ uses }) => uses.length === 1)).toBe(true);
    await expectWhole(servers[0]?.url ?? '');
  });

  it('count two approvers at once as two, and one who says it twice on both as one', async () => {
    const pair = { action_type: 'pair.*', approvals_needed: 2, decide_within_seconds: 600, usable_seconds: 600 };
    await api.put('/approval-policies/pairs', await api.as('intent_architect'), pair).expect(200);
    for (const isTwo of [false, true]) {
      const wish = { ...WISH, action_type: 'pair.do', reason: isTwo ? 'by two' : 'by one' };
      const { id } = (await api.post('/escalations', agent.key, wish).expect(201)).body as { id: string };
      const answers = await Promise.all(
        [0, 1, 2, 3].map((n) => {
          const who = arbiters[isTwo ? Math.floor(n / 2) : 0] ?? '';
          return post(n, `/escalations/${id}/approve`, who, { reason: 'a test' });
        }),
      );
      expect(answers.map((answer) => answer?.status).toSorted((a = 0, b = 0) => a - b)).toEqual(
        isTwo ? [200, 200, 409, 409] : [200, 409, 409, 409],
      );
      const { body } = await api.get(`/escalations/${id}`, arbiters[0]).expect(200);
      expect(body).toMatchObject({ status: isTwo ? 'approved' : 'pending' });
    }
  });

  it('leave all or nothing of each step when one is killed in the middle', async () => {
    const ids = await Promise.all(Array.from({ length: ESCALATIONS }, (_, n) => asked(1_000 + n)));
    const fights = Promise.all(ids.map((id, n) => fight(id, n)));
    setTimeout(() => servers[1]?.child.kill('SIGKILL'), 60);
    await fights;
    await expectWhole(servers[0]?.url ?? '');
  });
});
