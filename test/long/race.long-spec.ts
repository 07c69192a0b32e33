import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api } from '../support/api.js';
import { walkLog } from '../support/log-check.js';
import { runCli } from '../support/run-cli.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const CLIENTS = 200;
const HOLDS = 10_000;
const AGENTS = 20;
/** Half of what the holds ask for, on one group that all agents are in. */
const LIMIT = 50;
const COST = 0.01;
const RACE_MS = 240_000;

let database: TestDatabase;
let environment: NodeJS.ProcessEnv;
let servers: ServerProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  environment = testEnvironment(database.url);
  servers = await Promise.all(Array.from({ length: 3 }, () => startProcess(environment)));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
});

interface Effect {
  readonly entity: string;
  readonly after?: { scope_id: string; balances: Record<string, { held: string; booked: string }> };
}

describe('two hundred clients on one budget', () => {
  it(
    'never have more held and booked than its limit at any commit, though a server is killed at a random moment',
    async () => {
      const api = new Api(servers[0]?.url ?? '');
      const operator = await api.as('operator');
      const limits = [{ limit: LIMIT, window: 'lifetime' }];
      const made = await api.post('/metabolism/scopes', operator, { name: 'crowd', limits }).expect(201);
      const { scope_id: crowd } = made.body as { scope_id: string };
      const keys: string[] = [];
      for (let i = 0; i < AGENTS; i += 1) {
        const { key } = await api.registerAgent(`crowd-${i}`);
        keys.push(key);
        await api.patch(`/metabolism/scopes/agent:crowd-${i}`, operator, { parent_id: crowd }).expect(200);
      }
      const killAt = 500 + Math.floor(Math.random() * HOLDS * 0.6);
      let sent = 0;
      const call = async (key: string, path: string, body: object): Promise<{ status: number; body: unknown }> => {
        sent += 1;
        if (sent === killAt) servers[1]?.child.kill('SIGKILL');
        const server = servers[sent % servers.length];
        const answer = await fetch(`${server?.url}/api/v1${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }).catch(() => null);
        return answer
          ? { status: answer.status, body: await answer.json().catch(() => null) }
          : { status: 0, body: null };
      };
      let asked = 0;
      const client = async (n: number): Promise<void> => {
        const key = keys[n % AGENTS] ?? '';
        while (asked < HOLDS) {
          asked += 1;
          const held = await call(key, '/actions', { action_type: 'x', cost: { amount: COST } });
          if (held.status !== 201 || n % 2 === 0) continue;
          const { action_id: id } = held.body as { action_id: string };
          // Every other client pays half of what it held, so that room comes back all the time.
          await call(key, `/actions/${id}/complete`, { status: 'success', cost: { amount: COST / 2 } });
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, (_, n) => client(n)));

      const { bodies } = await walkLog(database.url);
      let most = 0;
      for (const body of bodies) {
        for (const { entity, after } of body['effects'] as Effect[]) {
          if (entity !== 'account' || after?.scope_id !== crowd) continue;
          const { held = '0', booked = '0' } = after.balances['usd'] ?? {};
          most = Math.max(most, Math.round((Number(held) + Number(booked)) * 1e9));
        }
      }
      expect(most).toBeLessThanOrEqual(LIMIT * 1e9);
      expect(most).toBeGreaterThan(LIMIT * 1e9 - 2 * COST * 1e9);
      expect(await runCli('doctor', ['--database', database.url])).toMatchObject({ status: 0 });
    },
    RACE_MS,
  );
});
