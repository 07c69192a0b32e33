import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestAgent } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let operator: string;
let agent: TestAgent;

beforeAll(async () => {
  app = await startTestApp();
  operator = await app.api.as('operator');
  agent = await app.api.registerAgent('caller', { budget: 100 });
});

afterAll(() => app.close());

const OWN = { provider: 'acme', model: 'Tiny-1' };
const usage = (more: object) => ({ ...OWN, ...more });

const setPrice = (body: object) => app.api.post('/metabolism/prices', operator, { ...OWN, ...body });
const quote = (body: object) => app.api.post('/metabolism/quote', operator, body);
const charge = (body: object) => app.api.post('/metabolism/charge', agent.key, { cost_type: 'llm.call', ...body });
const hold = (body: object) => app.api.post('/actions', agent.key, { action_type: 'llm.call', ...body });
const complete = (id: string, body: object) =>
  app.api.post(`/actions/${id}/complete`, agent.key, { status: 'success', ...body });

interface Entry {
  readonly id: string;
  readonly amount: number;
  readonly unit: string;
  readonly model: string | null;
  readonly pricing: { readonly price: string; readonly usage: object } | null;
  readonly corrects: string | null;
}

const ledger = async (query = ''): Promise<Entry[]> => {
  const answer = await app.api.get(`/metabolism/ledger?limit=200${query}`, operator).expect(200);
  return (answer.body as { items: Entry[] }).items;
};

describe('usage in place of an amount', () => {
  it('is held at the most it may be and settled at what it was, at the base price', async () => {
    const base = { provider: 'openai', model: 'gpt-4o' };
    const held = await hold({ usage: { ...base, input_tokens: 1_000, max_output_tokens: 500 } }).expect(201);
    expect(held.body).toMatchObject({ reserved: { amount: 0.0075, unit: 'usd' } });
    const { action_id: id } = held.body as { action_id: string };
    const used = { ...base, input_tokens: 1_000, cache_read_tokens: 1, output_tokens: 3 };
    const done = await complete(id, { usage: used }).expect(200);
    // 999 at 2.5, 1 at 1.25 and 3 at 10 dollars a million.
    expect(done.body).toMatchObject({ cost: { amount: 0.00252875, unit: 'usd' } });
    const [entry] = await ledger('&model=openai/gpt-4o');
    expect(entry).toMatchObject({
      amount: 0.00252875,
      model: 'openai/gpt-4o',
      pricing: { price: expect.stringMatching(/^genai-prices@/), usage: { input_tokens: 1_000, output_tokens: 3 } },
    });
  });

  it('is held and settled together with other units, and not with dollars', async () => {
    await app.api
      .post('/metabolism/allocate', operator, { agent_id: 'caller', total_budget: 10, unit: 'calls' })
      .expect(200);
    const base = { provider: 'openai', model: 'gpt-4o', input_tokens: 400 };
    const held = await hold({ usage: base, costs: [{ amount: 1, unit: 'calls' }] }).expect(201);
    expect(held.body).toMatchObject({
      holds: [
        { amount: 0.001, unit: 'usd' },
        { amount: 1, unit: 'calls' },
      ],
    });
    const { action_id: id } = held.body as { action_id: string };
    const done = await complete(id, { usage: base, costs: [{ amount: 1, unit: 'calls' }] }).expect(200);
    expect(done.body).toMatchObject({ costs: [{ unit: 'usd' }, { amount: 1, unit: 'calls' }] });
    await hold({ usage: base, costs: [{ amount: 1, unit: 'usd' }] }).expect(400);
    await hold({ usage: base, cost: { amount: 1 } }).expect(400);
  });

  it('of an unknown model is refused, and never zero', async () => {
    const before = (await ledger()).length;
    const refused = await charge({ usage: usage({ input_tokens: 5 }) }).expect(409);
    expect(refused.body).toMatchObject({ code: 'METABOLISM.PRICE_UNKNOWN' });
    expect((refused.body as { event: { id: number } }).event.id).toBeGreaterThan(0);
    await hold({ usage: usage({ input_tokens: 5 }) }).expect(409);
    await quote({ usage: usage({ input_tokens: 5 }) }).expect(409);
    expect(await ledger()).toHaveLength(before);
  });

  it.each([
    [{ provider: 'openai', model: 'gpt-4o' }],
    [{ provider: 'openai', input_tokens: 5 }],
    [{ provider: 'openai', model: '*', input_tokens: 5 }],
    [{ provider: 'openai', model: 'gpt-4o', input_tokens: -1 }],
    [{ provider: 'openai', model: 'gpt-4o', input_tokens: 1.5 }],
    [{ provider: 'openai', model: 'gpt-4o', input_tokens: null }],
    [{ provider: 'openai', model: 'gpt-4o', input_tokens: '5' }],
    [{ provider: 'openai', model: 'gpt-4o', requests: 5 }],
    [{ provider: 'openai', model: 'gpt-4o', output_tokens: 5, max_output_tokens: 9 }],
  ])('is not %j', async (bad) => {
    const answer = await charge({ usage: bad }).expect(400);
    expect((answer.body as { errors: { pointer: string }[] }).errors[0]?.pointer).toBe('/usage');
  });
});

describe('a provider’s own answer', () => {
  const body = { model: 'gpt-4o', usage: { prompt_tokens: 1_000, completion_tokens: 10 } };

  it('is priced', async () => {
    const done = await charge({ usage_body: { provider: 'openai', body } }).expect(201);
    expect(done.body).toMatchObject({ charged: { amount: 0.0026, unit: 'usd' } });
  });

  it('that was streamed and tells no usage books the hold whole in the end, and nothing as zero', async () => {
    const held = await hold({ cost: { amount: 1 } }).expect(201);
    const { action_id: id } = held.body as { action_id: string };
    const streamed = { model: 'gpt-4o', choices: [{ delta: { content: 'hi' } }] };
    const refused = await complete(id, { usage_body: { provider: 'openai', body: streamed } }).expect(409);
    expect(refused.body).toMatchObject({ code: 'METABOLISM.USAGE_MISSING' });
    const action = await app.api.get(`/actions/${id}`, operator).expect(200);
    expect(action.body).toMatchObject({ status: 'authorized' });
    await complete(id, { usage_body: { provider: 'openai', body } }).expect(200);
  });
});

describe('own prices', () => {
  it('count before base prices from their moment on, each version for its time', async () => {
    await setPrice({ prices: { input_mtok: '1' }, valid_from: '2026-01-01T00:00:00Z' }).expect(201);
    await setPrice({ prices: { input_mtok: '2' }, valid_from: '2026-02-01T00:00:00Z' }).expect(201);
    const at = async (moment: string) =>
      (await quote({ usage: usage({ input_tokens: 1_000_000 }), at: moment }).expect(200)).body as { amount: number };
    expect((await at('2026-01-31T23:59:59.999999Z')).amount).toBe(1);
    expect((await at('2026-02-01T00:00:00Z')).amount).toBe(2);
    await quote({ usage: usage({ input_tokens: 1 }), at: '2025-12-31T00:00:00Z' }).expect(409);
    await setPrice({ provider: 'openai', model: 'gpt-4o-mini', prices: { input_mtok: '7' } }).expect(201);
    const mini = { provider: 'openai', model: 'GPT-4o-mini', input_tokens: 1_000_000 };
    expect((await quote({ usage: mini }).expect(200)).body).toMatchObject({ amount: 7 });
    const list = await app.api.get('/metabolism/prices?model=acme/tiny-1', operator).expect(200);
    expect((list.body as { items: object[] }).items).toMatchObject([
      { model: 'acme/tiny-1', valid_from: '2026-01-01T00:00:00.000000Z', prices: { input_mtok: '1' } },
      { model: 'acme/tiny-1', prices: { input_mtok: '2' } },
    ]);
  });

  it('with no price in them are refused', async () => {
    await setPrice({ prices: { input_mtok: null } }).expect(400);
    await setPrice({ prices: {} }).expect(400);
    await setPrice({ model: '*', prices: { input_mtok: '1' } }).expect(400);
  });

  it('change the past by further rows only', async () => {
    const moment = '2026-03-01T12:00:00Z';
    const used = usage({ input_tokens: 3_000_000 });
    const booked = await charge({ usage: used, occurred_at: moment }).expect(201);
    const { ledger_id: id } = booked.body as { ledger_id: string };
    const spent = async () =>
      ((await app.api.get('/metabolism/budget/caller', operator).expect(200)).body as { spent_budget: number })
        .spent_budget;
    const before = await spent();
    await setPrice({ prices: { input_mtok: '1.5' }, valid_from: '2026-02-15T00:00:00Z' }).expect(201);
    const again = { ...OWN, from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z', reason: 'the vendor said so' };
    const done = await app.api.post('/metabolism/reprice', operator, again).expect(200);
    expect(done.body).toMatchObject({ items: [{ status: 200, ledger_id: id, difference: -1.5 }], next_after: null });
    expect(await spent()).toBeCloseTo(before - 1.5, 9);
    const rows = (await ledger('&model=acme/tiny-1')).filter((row) => row.id === id || row.corrects === id);
    expect(rows).toMatchObject([
      { id, amount: 6, corrects: null },
      { amount: -1.5, corrects: id },
    ]);
    const twice = await app.api.post('/metabolism/reprice', operator, again).expect(200);
    expect(twice.body).toMatchObject({ items: [{ difference: 0 }] });
    await app.api.post('/metabolism/reprice', operator, { ...again, model: 'none' }).expect(409);
  });

  it('of the worst case stand in for unknown models', async () => {
    const unknown = { provider: 'nobody', model: 'ever-heard-of', input_tokens: 1_000_000 };
    await charge({ usage: unknown }).expect(409);
    await setPrice({ provider: '*', model: '*', prices: { input_mtok: '75', output_mtok: '600' } }).expect(201);
    expect((await charge({ usage: unknown }).expect(201)).body).toMatchObject({ charged: { amount: 75 } });
    const base = { provider: 'openai', model: 'gpt-4o', input_tokens: 1_000 };
    expect((await quote({ usage: base }).expect(200)).body).toMatchObject({ amount: 0.0025 });
  });
});
