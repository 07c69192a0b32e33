import { describe, expect, it } from '@jest/globals';
import type { Step } from './plan.js';
import { requestOf } from './step-request.js';

const terms = {
  format: { actionType: 'llm.call', unit: 'usd', holdNano: 1_000_000_000n },
  holdNano: null,
  key: 'replay:abc',
};
const row = { atMs: Date.UTC(2024, 7, 13), notes: { main_model: 'm' } };

describe('requestOf', () => {
  it('asks for an action with a hold', () => {
    expect(requestOf({ kind: 'start', seq: 7, ...row }, terms, '')).toEqual({
      method: 'POST',
      path: '/actions',
      idempotencyKey: 'replay:abc:7:start',
      body: { action_type: 'llm.call', payload: { main_model: 'm' }, cost: { amount: 1, unit: 'usd' } },
    });
  });

  it('settles an action at its recorded cost', () => {
    const step: Step = { kind: 'complete', seq: 8, opens: 7, ending: 'success', costNano: 15_000n, ...row };
    expect(requestOf(step, terms, 'id-1')).toMatchObject({
      path: '/actions/id-1/complete',
      idempotencyKey: 'replay:abc:8:complete',
      body: { status: 'success', result: { main_model: 'm' }, cost: { amount: 0.000015, unit: 'usd' } },
    });
  });

  it.each([
    ['failed', 'the trace records an exception'],
    ['never', 'the trace records no end'],
  ] as const)('completes a call that %s as failed at cost 0, with the reason', (ending, reason) => {
    const step: Step = { kind: 'complete', seq: 9, opens: 7, ending, costNano: 0n, ...row };
    expect(requestOf(step, terms, 'id-1').body).toMatchObject({
      status: 'failed',
      result: { reason },
      cost: { amount: 0 },
    });
  });

  it('charges at the time of the trace', () => {
    expect(requestOf({ kind: 'charge', seq: 3, costNano: 110_700n, ...row }, terms, '')).toMatchObject({
      path: '/metabolism/charge',
      idempotencyKey: 'replay:abc:3:charge',
      body: { cost_type: 'llm.call', cost_amount: 0.0001107, unit: 'usd', occurred_at: '2024-08-13T00:00:00.000Z' },
    });
  });
});
