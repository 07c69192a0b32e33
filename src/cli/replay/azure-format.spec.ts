import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { NANO_PER_UNIT } from '../../platform/decimal.js';
import { azureFormat } from './azure-format.js';
import { planTrace } from './plan.js';
import { readTrace } from './trace-reader.js';

const RECORDED_TRACE = '../shared/data/azure/AzureLLMInferenceTrace_conv.csv.gz';

const eventsOf = (TIMESTAMP: string, ContextTokens: string, GeneratedTokens: string, seq = 1) =>
  azureFormat.eventsOf({ seq, cells: { TIMESTAMP, ContextTokens, GeneratedTokens } });

describe('a row of the Azure trace', () => {
  it('is a whole call: it holds its input and the largest answer, and is settled at its tokens', () => {
    const [start, end] = eventsOf('2023-11-16 18:15:46.6805900', '374', '44', 65);
    const common = { seq: 65, atMs: Date.parse('2023-11-16T18:15:46.680Z'), user: 'worker-01' };
    const notes = { trace_seq: 65, trace_time: '2023-11-16T18:15:46.680590Z', context_tokens: 374 };
    expect(start).toEqual({
      kind: 'start',
      ...common,
      notes,
      holdNano: 1_374n * NANO_PER_UNIT,
      usage: { input_tokens: 374, max_output_tokens: 1_000 },
    });
    expect(end).toEqual({
      kind: 'end',
      ...common,
      notes: { ...notes, generated_tokens: 44 },
      costNano: 418n * NANO_PER_UNIT,
      usage: { input_tokens: 374, output_tokens: 44 },
    });
  });

  it('may have another offset, or no fraction', () => {
    expect(eventsOf('2024-05-10 00:00:00.009930+00:00', '1', '0')[0]?.atMs).toBe(1_715_299_200_009);
    expect(eventsOf('2024-05-10 02:00:00+02:00', '1', '0')[0]?.atMs).toBe(1_715_299_200_000);
  });

  it.each([
    ['2023-11-31 18:15:46', '1', '1', 'TIMESTAMP'],
    ['now', '1', '1', 'TIMESTAMP'],
    ['2023-11-16 18:15:46', '-1', '1', 'ContextTokens'],
    ['2023-11-16 18:15:46', '1', '', 'GeneratedTokens'],
    ['2023-11-16 18:15:46', '1', '1.5', 'GeneratedTokens'],
  ])('of %p, %p and %p is refused by name', (time, context, generated, name) => {
    expect(() => eventsOf(time, context, generated)).toThrow(name);
  });
});

(existsSync(RECORDED_TRACE) ? describe : describe.skip)('the recorded trace', () => {
  it('has 19,366 calls of 26,450,535 tokens, dealt out evenly', async () => {
    const trace = await readTrace(RECORDED_TRACE);
    expect(trace).toMatchObject({ rows: 19_366, format: { unit: 'tokens' } });
    const { lanes, totals } = planTrace(trace.events);
    expect(totals).toMatchObject({ starts: 19_366, paidCalls: 19_366, charges: 0, neverEnded: 0 });
    expect(totals.costNano).toBe(26_450_535n * NANO_PER_UNIT);
    expect(new Set(lanes.map((lane) => lane.steps.length))).toEqual(new Set([604, 606]));
    expect(lanes).toHaveLength(64);
  });
});
