import { NANO_PER_UNIT } from '../../platform/decimal.js';
import { timestampOfRfc3339 } from '../../platform/time.js';
import type { TraceEvent, TraceFormat, TraceRow } from './trace-format.js';

/** The trace names nobody: its requests go round this many agents, as a load balancer would deal them out. */
const FLEET = 64;
/** Most tokens that one answer of that service has; what may still come when a call begins. */
const GENERATED_MAX = 1_000n;

/**
 * Requests to Azure's LLM inference service (Microsoft's public dataset; Patel et al., Splitwise, ISCA 2024): each row is one
 * finished call with the tokens that went in and came out. A call holds what it may use and is settled at what it used.
 */
export const azureFormat: TraceFormat = {
  name: 'Azure LLM inference',
  columns: ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'],
  actionType: 'llm.call',
  unit: 'tokens',
  agentPrefix: 'azure-',
  holdNano: GENERATED_MAX * NANO_PER_UNIT,
  budgetNano: 1_000_000n * NANO_PER_UNIT,
  hasUsage: true,

  eventsOf(row: TraceRow): readonly TraceEvent[] {
    const { seq } = row;
    const at = timeOf(row);
    const [context, generated] = [tokensOf(row, 'ContextTokens'), tokensOf(row, 'GeneratedTokens')];
    const user = `worker-${String(((seq - 1) % FLEET) + 1).padStart(2, '0')}`;
    const common = { seq, atMs: Date.parse(at), user };
    const notes = { trace_seq: seq, trace_time: at, context_tokens: Number(context) };
    const holdNano = (context + GENERATED_MAX) * NANO_PER_UNIT;
    const costNano = (context + generated) * NANO_PER_UNIT;
    return [
      {
        kind: 'start',
        ...common,
        notes,
        holdNano,
        usage: { input_tokens: Number(context), max_output_tokens: Number(GENERATED_MAX) },
      },
      {
        kind: 'end',
        ...common,
        notes: { ...notes, generated_tokens: Number(generated) },
        costNano,
        usage: { input_tokens: Number(context), output_tokens: Number(generated) },
      },
    ];
  },
};

function timeOf(row: TraceRow): string {
  const text = row.cells['TIMESTAMP'] ?? '';
  const [, moment = '', zone = 'Z'] = /^(\S+ [\d:.]+?)(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const at = timestampOfRfc3339(`${moment.replace(' ', 'T')}${zone}`);
  if (at === null) throw new RangeError(`TIMESTAMP "${text}" is no time`);
  return at;
}

function tokensOf(row: TraceRow, name: string): bigint {
  const text = row.cells[name] ?? '';
  if (!/^\d{1,8}$/.test(text)) throw new RangeError(`${name} "${text}" is no number of tokens`);
  return BigInt(text);
}
