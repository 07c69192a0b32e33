import type { JsonObject, JsonValue } from '../../platform/json.js';
import type { Timestamp } from '../../platform/time.js';
import { isCanonicalText } from '../canonical.js';
import { eventHashOfText, FORMAT_VERSION } from '../chain.js';

/** One event as an export has it. */
export interface LoggedEvent {
  readonly id: number;
  readonly hash: Buffer;
  readonly body: string;
}

/** One row of `event_log`, with its copied columns. */
export interface LogRow extends LoggedEvent {
  readonly previous_event_id: number | null;
  readonly type: string;
  readonly outcome: string;
  readonly actor_id: string;
  readonly subject_id: string | null;
  readonly occurred_at: Timestamp;
  readonly request_id: string;
}

/** Columns of a `LogRow` for a SELECT. Somebody may have made room for nulls: they read as values that no event has. */
export const LOG_COLUMNS = `id, previous_event_id, coalesce(hash, '') as hash, coalesce(body, '') as body, type, outcome,
  actor_id, subject_id, coalesce(occurred_at, 'infinity') as occurred_at, request_id`;

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

/** What an event is, or what is wrong with it. */
export type CheckedEvent =
  { readonly event: JsonObject; readonly fault: null } | { readonly event: null; readonly fault: string };

/**
 * Checks an event by itself and against the hash of the event before it (null for the first): all that one event must
 * fulfil, but for columns that a database copies from it.
 */
export function checkEvent({ id, hash, body }: LoggedEvent, previousHash: string | null): CheckedEvent {
  const bad = (fault: string): CheckedEvent => ({ event: null, fault });
  if (eventHashOfText(body) !== hash.toString('hex')) return bad('the hash is not that of the body');
  const event = parsed(body);
  if (event === null) return bad('the body is not a JSON object');
  if (!isCanonicalText(body, event)) return bad('the body is not canonical (RFC 8785)');
  if (!hasMembers(event)) return bad('the body does not have exactly the members of an event');
  if (event['v'] !== FORMAT_VERSION) return bad(`the format version is ${String(event['v'])}`);
  if (event['previous_hash'] !== previousHash) return bad('previous_hash is not the hash of the event before');
  if (id === 1 && event['type'] !== 'substrate.genesis') return bad('the first event is not substrate.genesis');
  return { event, fault: null };
}

function hasMembers(event: JsonObject): boolean {
  // One by one: names that run together would make the same list in one text.
  const members = Object.keys(event).sort();
  return members.length === MEMBERS.length && MEMBERS.every((name, i) => members[i] === name);
}

/**
 * What is wrong with a row of the log, or null. The set-based pass in the database asks a part of it and calls this to
 * name what it found.
 */
export function faultOf(row: LogRow, previousHash: string | null): string | null {
  const { event, fault } = checkEvent(row, previousHash);
  return event === null ? fault : columnFault(row, event);
}

/** What is wrong with the columns that are copied from the body, or null. */
export function columnFault(row: LogRow, event: JsonObject): string | null {
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
