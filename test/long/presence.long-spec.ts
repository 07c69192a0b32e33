import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api, type TestAgent } from '../support/api.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** What the policy on silence says here, in seconds. */
const WINDOW = 3;
/** Longer than the window, and than a stall is called one. */
const OUTAGE_MS = 7_000;

let database: TestDatabase;
let server: ServerProcess;
let environment: NodeJS.ProcessEnv;
let api: Api;
let [operator, auditor]: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  environment = testEnvironment(database.url);
  server = await startProcess(environment);
  api = new Api(server.url);
  operator = await api.as('operator');
  auditor = await api.as('auditor');
  const rule = { detector: 'silence', threshold: 1, window_seconds: WINDOW, answer: 'flag', cool_down_seconds: 0 };
  await api.put('/immune/policies/silence', await api.as('intent_architect'), rule).expect(200);
});

afterAll(async () => {
  await server.stop();
  await database.drop();
});

const beat = (agent: TestAgent) => api.post(`/agents/${agent.id}/heartbeat`, agent.key).expect(200);

/** Types of the events about an agent that tell of its silence, in order. */
async function told(agent: TestAgent): Promise<string[]> {
  const { items } = (await api.get(`/audit/events?subject_id=${agent.id}&limit=100`, auditor).expect(200)).body as {
    items: { type: string }[];
  };
  return items.map((event) => event.type).filter((type) => /silence|return|finding/.test(type));
}

async function until(holds: () => Promise<boolean>, milliseconds: number): Promise<void> {
  for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await pause(100)) if (await holds()) return;
  throw new Error('it did not come to it in time');
}

describe('an agent that sends heartbeats', () => {
  it('is told to be silent when they are missed, found to be, and to have returned; the beats themselves are no events', async () => {
    const agent = await api.registerAgent('fading');
    await beat(agent);
    await until(async () => (await told(agent)).includes('immune.finding'), 15_000);
    const status = await api.get(`/immune/status/${agent.id}`, operator).expect(200);
    expect(status.body).toMatchObject({ silent_since: expect.any(String), findings: [{ detector: 'silence' }] });
    await beat(agent);
    await until(async () => (await told(agent)).includes('agents.return'), 5_000);
    expect(await told(agent)).toEqual(['agents.silence', 'immune.finding', 'agents.return']);
  });

  it('that never sent one is never silent', async () => {
    const agent = await api.registerAgent('quiet-by-nature');
    await pause((WINDOW + 2) * 1_000);
    expect(await told(agent)).toEqual([]);
  });
});

describe('our own outage is nobody’s silence', () => {
  it('when the server stalls', async () => {
    const agent = await api.registerAgent('patient');
    await beat(agent);
    server.child.kill('SIGSTOP');
    await pause(OUTAGE_MS);
    server.child.kill('SIGCONT');
    await pause((WINDOW - 1) * 1_000);
    await beat(agent);
    await pause(1_500);
    expect(await told(agent)).toEqual([]);
  });

  it('when it is killed and starts again', async () => {
    const agent = await api.registerAgent('patient-too');
    await beat(agent);
    server.child.kill('SIGKILL');
    await pause(OUTAGE_MS - 2_000);
    server = await startProcess(environment);
    const again = new Api(server.url);
    await pause((WINDOW - 1.5) * 1_000);
    await again.post(`/agents/${agent.id}/heartbeat`, agent.key).expect(200);
    await pause(1_500);
    const { items } = (await again.get(`/audit/events?subject_id=${agent.id}`, auditor).expect(200)).body as {
      items: { type: string }[];
    };
    expect(items.map((event) => event.type)).not.toContain('agents.silence');
    // It is watched again: without further beats its silence is told.
    await until(async () => {
      const answer = await again.get(`/audit/events?subject_id=${agent.id}&type=agents.silence`, auditor);
      return (answer.body as { items: unknown[] }).items.length === 1;
    }, 15_000);
  });
});
