import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { runCli } from '../support/run-cli.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** What people who run fleets of agents say that other tools do to them. A stream without usage and a null price are in prices.e2e-spec.ts. */

/** Long enough for a test to look at an open hold, short enough to see it end. */
const TTL_SECONDS = 3;

let app: TestApp;
let operator: string;

beforeAll(async () => {
  app = await startTestApp({ ACTION_TTL_SECONDS: String(TTL_SECONDS) });
  operator = await app.api.as('operator');
});

afterAll(async () => {
  expect(await runCli('doctor', ['--database', app.databaseUrl])).toMatchObject({ status: 0 });
  await app.close();
});

const act = (agent: TestAgent, amount: number) =>
  app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount } });

async function hold(agent: TestAgent, amount: number): Promise<string> {
  const answer = await act(agent, amount).expect(201);
  return (answer.body as { action_id: string }).action_id;
}

interface Budget {
  readonly spent_budget: number;
  readonly reserved_budget: number;
  readonly remaining_budget: number;
  readonly debt: number;
}

async function budgetOf(id: string): Promise<Budget> {
  return (await app.api.get(`/metabolism/budget/${id}`, operator).expect(200)).body as Budget;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 150; i += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not so in time: ${what}`);
}

async function teamOf(name: string, limits: object[]): Promise<string> {
  const made = await app.api.post('/metabolism/scopes', operator, { name, limits }).expect(201);
  return (made.body as { scope_id: string }).scope_id;
}

describe('concurrent first requests', () => {
  it('of an agent that nobody has seen act share one limit', async () => {
    const team = await teamOf('first', [{ limit: 10, window: 'day' }]);
    const agent = await app.api.registerAgent('newcomer');
    await app.api.patch('/metabolism/scopes/agent:newcomer', operator, { parent_id: team }).expect(200);
    const answers = await Promise.all(Array.from({ length: 40 }, () => act(agent, 1)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    expect(await budgetOf('newcomer')).toMatchObject({ reserved_budget: 10, remaining_budget: 0 });
  });

  it('of an agent with no budget anywhere are refused, all of them', async () => {
    const agent = await app.api.registerAgent('penniless');
    const answers = await Promise.all(Array.from({ length: 5 }, () => act(agent, 0)));
    expect(answers.map(({ status }) => status)).toEqual([402, 402, 402, 402, 402]);
  });
});

describe('a duplicate settle', () => {
  it('books once, however the two race', async () => {
    const agent = await app.api.registerAgent('twice', { budget: 10 });
    const id = await hold(agent, 2);
    const complete = () =>
      app.api.post(`/actions/${id}/complete`, agent.key, { status: 'success', cost: { amount: 1 } });
    const answers = await Promise.all(Array.from({ length: 8 }, () => complete()));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 7 }, () => 409),
    ]);
    expect(await budgetOf('twice')).toMatchObject({ spent_budget: 1, reserved_budget: 0 });
  });
});

describe('a client that disconnects', () => {
  it('in the middle of a request leaves no hold for ever: it is booked as an estimate, or was never there', async () => {
    const agent = await app.api.registerAgent('vanisher', { budget: 10 });
    const { hostname, port } = new URL(app.url);
    const body = JSON.stringify({ action_type: 'x', cost: { amount: 1 } });
    for (let i = 0; i < 5; i += 1) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          const lines = [
            'POST /api/v1/actions HTTP/1.1',
            `host: ${hostname}`,
            `authorization: Bearer ${agent.key}`,
            'content-type: application/json',
            `content-length: ${body.length}`,
          ];
          socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, () => {
            socket.destroy();
            resolve();
          });
        });
      });
    }
    await until('all are settled', async () => {
      const { items } = (await app.api.get('/actions?agent_id=vanisher', operator).expect(200)).body as {
        items: { status: string }[];
      };
      return items.length > 0 && items.every(({ status }) => status === 'expired');
    });
    const { spent_budget: spent, reserved_budget: reserved } = await budgetOf('vanisher');
    const { items } = (await app.api.get('/metabolism/ledger?agent_id=vanisher', operator).expect(200)).body as {
      items: { amount: number; estimated: boolean }[];
    };
    expect(reserved).toBe(0);
    expect(items.every(({ estimated }) => estimated)).toBe(true);
    expect(spent).toBe(items.reduce((sum, { amount }) => sum + amount, 0));
  });
});

describe('a hold whose agent was terminated', () => {
  it('does not block the scopes above for ever: its whole amount is booked with the end of the agent', async () => {
    const team = await teamOf('bereaved', [{ limit: 10, window: 'day' }]);
    const agent = await app.api.registerAgent('doomed');
    await app.api.patch('/metabolism/scopes/agent:doomed', operator, { parent_id: team }).expect(200);
    await hold(agent, 4);
    const end = { agent_id: 'doomed', reason: 'a test' };
    await app.api.post('/immune/terminate', await app.api.as('arbiter'), end).expect(200);
    const limit = async () => {
      const { body } = await app.api.get(`/metabolism/scopes/${team}`, operator).expect(200);
      return (body as { limits: { held: number; spent: number }[] }).limits[0];
    };
    expect(await limit()).toMatchObject({ held: 0, spent: 4 });
  });
});

describe('a stop', () => {
  it('reaches the run that is under way: the next request of an agent in debt is refused', async () => {
    const agent = await app.api.registerAgent('runaway', { budget: 1 });
    const id = await hold(agent, 0.5);
    await app.api.post(`/actions/${id}/complete`, agent.key, { status: 'success', cost: { amount: 3 } }).expect(200);
    expect((await act(agent, 0).expect(402)).body).toMatchObject({ code: 'METABOLISM.BUDGET_EXCEEDED' });
    expect(await budgetOf('runaway')).toMatchObject({ spent_budget: 1, debt: 2, remaining_budget: 0 });
  });
});

describe('a late completion', () => {
  it('after the expiry still books the cost', async () => {
    const agent = await app.api.registerAgent('latecomer', { budget: 10 });
    const id = await hold(agent, 1);
    await until('it is expired', async () => (await budgetOf('latecomer')).reserved_budget === 0);
    const late = { status: 'success', cost: { amount: 2.5 } };
    await app.api.post(`/actions/${id}/complete`, agent.key, late).expect(200);
    expect(await budgetOf('latecomer')).toMatchObject({ spent_budget: 2.5, reserved_budget: 0 });
  });
});
