import { NANO_PER_UNIT } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';
import { roundToNano } from '../exact-amount.js';
import type { TraceEvent, TraceFormat, TraceRow } from './trace-format.js';

/** The last second that a JavaScript date can hold. */
const UNIX_SECONDS_MAX = 8_640_000_000_000;

/** Columns kept with the command, with the type they have there. */
const NOTED_TEXTS = ['main_model', 'edit_format'] as const;
const NOTED_COUNTS = ['prompt_tokens', 'completion_tokens'] as const;

/**
 * The usage events of the coding agent aider: `message_send_starting` begins a call, `message_send` ends it with its
 * cost in US dollars, `message_send_exception` breaks it off; `launched` and `exit` mark sessions and are no commands.
 */
export const aiderFormat: TraceFormat = {
  name: 'aider usage',
  columns: ['seq', 'time_unix', 'event', 'user', ...NOTED_TEXTS, ...NOTED_COUNTS, 'cost_usd'],
  actionType: 'llm.call',
  unit: 'usd',
  agentPrefix: 'aider-',
  holdNano: NANO_PER_UNIT,
  budgetNano: 1_000n * NANO_PER_UNIT,

  eventsOf(row: TraceRow): readonly TraceEvent[] {
    const name = cell(row, 'event');
    if (name === 'launched' || name === 'exit') return [];
    const common = { seq: row.seq, atMs: timeOf(row), user: userOf(row), notes: notesOf(row) };
    switch (name) {
      case 'message_send_starting':
        return [{ kind: 'start', ...common }];
      case 'message_send':
        return [{ kind: 'end', costNano: roundToNano(cell(row, 'cost_usd')), ...common }];
      case 'message_send_exception':
        return [{ kind: 'failure', ...common }];
      default:
        throw new RangeError(`event "${name}" is unknown`);
    }
  },
};

function timeOf(row: TraceRow): number {
  const text = cell(row, 'time_unix');
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > UNIX_SECONDS_MAX) throw new RangeError(`time_unix "${text}" is no time`);
  return Math.round(seconds * 1000);
}

function userOf(row: TraceRow): string {
  const user = cell(row, 'user');
  if (!/^[A-Za-z0-9._:-]{1,100}$/.test(user)) throw new RangeError(`user "${user}" cannot be part of an agent's id`);
  return user;
}

function notesOf(row: TraceRow): JsonObject {
  const texts = NOTED_TEXTS.filter((name) => cell(row, name) !== '').map((name) => [name, cell(row, name)] as const);
  const counts = NOTED_COUNTS.filter((name) => /^\d{1,15}$/.test(cell(row, name))).map(
    (name) => [name, Number(cell(row, name))] as const,
  );
  return Object.fromEntries([...texts, ...counts, ['trace_seq', cell(row, 'seq')], ['trace_time', isoTime(row)]]);
}

function isoTime(row: TraceRow): string {
  return new Date(timeOf(row)).toISOString();
}

function cell(row: TraceRow, name: string): string {
  return row.cells[name] ?? '';
}
