import { afterEach, describe, expect, it } from '@jest/globals';
import { Api, type TestAgent } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase } from '../support/test-database.js';

const REPLICAS = 3;
const CLIENTS = 60;
const ACTIONS = 1_500;
const COST = 0.01;
/** Two thirds of what is asked for. */
const BUDGET = 10;

let servers: ServerProcess[] = [];
let database: { url: string; drop(): Promise<void> };

/** Several server processes that begin on one empty database at the same moment. */
async function startReplicas(): Promise<Api> {
  database = await createTestDatabase();
  const environment = testEnvironment(database.url);
  servers = await Promise.all(Array.from({ length: REPLICAS }, () => startProcess(environment)));
  return new Api(servers[0]?.url ?? '');
}

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
});

interface Answered {
  readonly status: number;
  readonly event: { readonly id: number; readonly hash: string } | undefined;
}

/** Clients that share the actions out among the replicas; `onAnswer` may do harm on the way. A lost connection is no answer. */
async function actAll(agent: TestAgent, onAnswer: (answered: number) => void): Promise<Answered[]> {
  const answers: Answered[] = [];
  let next = 0;
  const client = async (n: number): Promise<void> => {
    while (next < ACTIONS) {
      next += 1;
      const server = servers[(n + next) % servers.length];
      const answer = await fetch(`${server?.url}/api/v1/actions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${agent.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ action_type: 'x', cost: { amount: COST } }),
      })
        .then(async (r) => ({ ...((await r.json()) as Pick<Answered, 'event'>), status: r.status }))
        .catch(() => null);
      if (answer === null) continue;
      answers.push({ status: answer.status, event: answer.event });
      onAnswer(answers.length);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n)));
  return answers;
}

describe('several replicas on one database', () => {
  it('never spend more than the budget, and leave one chain without gaps', async () => {
    const api = await startReplicas();
    const agent = await api.registerAgent('spender', { budget: BUDGET });
    const answers = await actAll(agent, () => undefined);
    expect(answers).toHaveLength(ACTIONS);
    expect(answers.filter((a) => a.status === 201)).toHaveLength(BUDGET / COST);
    expect(answers.filter((a) => ![201, 402, 403, 429].includes(a.status))).toEqual([]);
    const budget = await api.get('/metabolism/budget/spender', agent.key).expect(200);
    expect(budget.body).toMatchObject({ spent_budget: 0, reserved_budget: BUDGET, remaining_budget: 0 });
    const { hashes } = await walkLog(database.url);
    for (const { event } of answers) if (event) expect(hashes.get(event.id)).toBe(event.hash);
  });

  it('lose no answered command when one of them is killed', async () => {
    const api = await startReplicas();
    const agent = await api.registerAgent('spender', { budget: BUDGET });
    const answers = await actAll(agent, (answered) => {
      if (answered === 300) servers[2]?.child.kill('SIGKILL');
    });
    const granted = answers.filter((a) => a.status === 201);
    expect(granted.length).toBeGreaterThan(300);
    const { hashes, bodies } = await walkLog(database.url);
    for (const { event } of answers) if (event) expect(hashes.get(event.id)).toBe(event.hash);
    const recorded = bodies.filter((b) => b['type'] === 'actions.authorize' && b['outcome'] === 'succeeded').length;
    expect(recorded).toBeLessThanOrEqual(BUDGET / COST);
    const budget = await api.get('/metabolism/budget/spender', agent.key).expect(200);
    expect((budget.body as { reserved_budget: number }).reserved_budget).toBeCloseTo(recorded * COST, 9);
  });
});
