import { canonicalJson } from '../canonical.js';
import { eventHash, FORMAT_VERSION } from '../chain.js';
import type { JsonObject, JsonValue } from '../../platform/json.js';
import type { Timestamp } from '../../platform/time.js';

/** One row of `event_log`, with its copied columns. */
export interface LogRow {
  readonly id: number;
  readonly previous_event_id: number | null;
  readonly hash: Buffer;
  readonly body: string;
  readonly type: string;
  readonly outcome: string;
  readonly actor_id: string;
  readonly subject_id: string | null;
  readonly occurred_at: Timestamp;
  readonly request_id: string;
}

const MEMBERS = [
  'actor',
  'caused_by',
  'effects',
  'id',
  'occurred_at',
  'outcome',
  'payload',
  'previous_event_id',
  'previous_hash',
  'request_id',
  'subject',
  'type',
  'v',
];

/**
 * What is wrong with an event, given the hash of the event before it (null for the first), or null.
 * This is the whole of what one event must fulfil; the set-based pass in the database asks a part of it and calls this
 * to name what it found.
 */
export function faultOf(row: LogRow, previousHash: string | null): string | null {
  if (!eventHash(Buffer.from(row.body)).equals(row.hash)) return 'the hash is not that of the body';
  const event = parsed(row.body);
  if (event === null) return 'the body is not a JSON object';
  if (canonicalJson(event) !== row.body) return 'the body is not canonical (RFC 8785)';
  const members = Object.keys(event).sort();
  if (members.join() !== MEMBERS.join()) return 'the body does not have exactly the members of an event';
  if (event['v'] !== FORMAT_VERSION) return `the format version is ${String(event['v'])}`;
  if (event['previous_hash'] !== previousHash) return 'previous_hash is not the hash of the event before';
  if (row.id === 1 && event['type'] !== 'substrate.genesis') return 'the first event is not substrate.genesis';
  return columnFault(row, event);
}

/** Every column that is copied from the body must be as the body says. */
function columnFault(row: LogRow, event: JsonObject): string | null {
  const said: Record<string, JsonValue | undefined> = {
    id: event['id'],
    previous_event_id: event['previous_event_id'],
    type: event['type'],
    outcome: event['outcome'],
    actor_id: (event['actor'] as JsonObject | null)?.['id'],
    subject_id: (event['subject'] as JsonObject | null)?.['id'] ?? null,
    occurred_at: event['occurred_at'],
    request_id: event['request_id'],
  };
  const wrong = Object.keys(said).find((column) => said[column] !== row[column as keyof LogRow]);
  return wrong === undefined ? null : `column ${wrong} is not what the body says`;
}

function parsed(body: string): JsonObject | null {
  try {
    const value = JSON.parse(body) as JsonValue;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}
