import { afterAll, beforeAll, expect, it, describe } from '@jest/globals';
import { createClient } from '../../src/platform/database/client.js';
import { runCli } from '../support/run-cli.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;

interface Result {
  readonly sound: boolean;
  readonly checks: { check: string; looked_at: number; ailments: { place: string; what: string; found: string }[] }[];
}

const doctor = async (): Promise<{ status: number | null; result: Result }> => {
  const { status, stdout } = await runCli('doctor', ['--database', app.databaseUrl, '--json']);
  return { status, result: JSON.parse(stdout) as Result };
};

/** Changes something behind the server's back, looks what the doctor says, and changes it back. */
async function ailing(spoil: string, mend: string): Promise<string[]> {
  const client = createClient(app.databaseUrl, 'migration');
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query(spoil);
    const { status, result } = await doctor();
    expect(status).toBe(1);
    await client.query(mend);
    return result.checks.flatMap(({ ailments }) =>
      ailments.map(({ place, what, found }) => `${place}: ${what} ${found}`),
    );
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  app = await startTestApp({ ACTION_TTL_SECONDS: '1' });
  const { api } = app;
  const operator = await api.as('operator');
  const limits = [
    { limit: 10, window: 'minute' },
    { limit: 20, window: 'hour', rolling: true },
    { limit: 30, window: 'lifetime' },
  ];
  const made = await api.post('/metabolism/scopes', operator, { name: 'team', limits }).expect(201);
  const { scope_id: team } = made.body as { scope_id: string };
  const agent = await api.registerAgent('busy', { budget: 50 });
  await api.patch('/metabolism/scopes/agent:busy', operator, { parent_id: team }).expect(200);
  const act = async (amount: number): Promise<string> => {
    const answer = await api.post('/actions', agent.key, { action_type: 'x', cost: { amount } }).expect(201);
    return (answer.body as { action_id: string }).action_id;
  };
  const late = await act(4);
  const done = await act(2);
  await api.post(`/actions/${done}/complete`, agent.key, { status: 'success', cost: { amount: 1.5 } }).expect(200);
  for (let status = ''; status !== 'expired';) {
    status = ((await api.get(`/actions/${late}`, operator).expect(200)).body as { status: string }).status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await api.post(`/actions/${late}/complete`, agent.key, { status: 'success', cost: { amount: 1 } }).expect(200);
  await api.post('/metabolism/charge', agent.key, { cost_type: 'y', cost_amount: 0.25, action_id: done }).expect(201);
  const overrun = await act(1);
  await api.post(`/actions/${overrun}/complete`, agent.key, { status: 'success', cost: { amount: 12 } }).expect(200);
  const [limit] = (
    (await api.get(`/metabolism/scopes/${team}`, operator).expect(200)).body as { limits: { limit_id: string }[] }
  ).limits;
  await api
    .post(`/metabolism/scopes/${team}/debt`, await api.as('arbiter'), {
      limit_id: limit?.limit_id,
      how: 'fund',
      amount: 40,
      reason: 'a test',
    })
    .expect(200);
});

afterAll(() => app.close());

describe('the doctor', () => {
  it('finds that held, spent and debt of every scope follow from the actions', async () => {
    const { status, result } = await doctor();
    expect(result.checks.flatMap((check) => check.ailments)).toEqual([]);
    expect(result.sound).toBe(true);
    expect(status).toBe(0);
    const idle = result.checks.filter((check) => check.looked_at === 0).map(({ check }) => check);
    expect(idle).toEqual(['no hold is open after its time']);
  });

  it('says where they do not', async () => {
    const set = (path: string, value: string): string =>
      `update accounts set balances = jsonb_set(balances, '${path}', '"${value}"') where scope_id = 'agent:busy'`;
    expect(await ailing(set('{usd,held}', '77'), set('{usd,held}', '0'))).toEqual(['agent:busy: held 77']);
    expect(
      await ailing(
        `update limits set base_nano = base_nano - 1 where scope_id = 'agent:busy'`,
        `update limits set base_nano = base_nano + 1 where scope_id = 'agent:busy'`,
      ),
    ).toEqual([expect.stringMatching(/^agent:busy limit .*: borne by its window 14\.750000001$/)]);
    const spoiled = await ailing(
      `update cost_ledger set amount_nano = amount_nano + 1 where cost_type = 'x' and estimated`,
      `update cost_ledger set amount_nano = amount_nano - 1 where cost_type = 'x' and estimated`,
    );
    expect(spoiled).toContainEqual(expect.stringMatching(/: booked at its end 1\.000000001$/));
    expect(spoiled.length).toBeGreaterThan(3);
  });

  it('tells people too, and refuses what it does not know', async () => {
    const { status, stdout } = await runCli('doctor', ['--database', app.databaseUrl]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^yes {2}what scopes hold and have booked follows from actions and ledger \(\d+ balances\)$/m,
    );
    expect(await runCli('doctor', ['--most', 'all'])).toMatchObject({ status: 2 });
    expect(await runCli('doctor', ['--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('npm run doctor'),
    });
  });
});
