import type pg from 'pg';
import { canonicalJson } from '../../src/event-log/canonical.js';
import { CompactRange, eventHash } from '../../src/event-log/chain.js';
import { EventWriter } from '../../src/event-log/event-writer.js';
import { rootOfHashes } from '../../src/event-log/merkle/tile.js';
import { consistencyProof } from '../../src/event-log/merkle/tree.js';
import { checkpointText } from '../../src/event-log/note/checkpoint.js';
import { noteText } from '../../src/event-log/note/note.js';
import { signText, type SigningKey } from '../../src/event-log/note/vkey.js';
import type { LoggedEvent } from '../../src/event-log/verification/event-check.rules.js';
import type { JsonObject, JsonValue } from '../../src/platform/json.js';

/** What somebody does to a log who holds the database and knows the format: the means, without the conscience. */

/** An event's body, to be changed. */
export type Body = Record<string, JsonValue>;

/** The whole log of a database. */
export async function readLog(client: pg.Client): Promise<LoggedEvent[]> {
  const { rows } = await client.query<LoggedEvent>('select id, hash, body from event_log order by id');
  return rows;
}

/**
 * The log with another history from one event on: each body is changed, chained anew and hashed. `write` makes the text of a
 * body; canonical unless said.
 */
export function rechained(
  log: readonly LoggedEvent[],
  from: number,
  change: (body: Body) => void,
  write: (body: Body) => string = canonicalJson,
): LoggedEvent[] {
  let previous = log[from - 2]?.hash.toString('hex') ?? null;
  return log.map((event) => {
    if (event.id < from) return event;
    const body = { ...(JSON.parse(event.body) as Body), previous_hash: previous };
    change(body);
    const text = write(body);
    const hash = eventHash(Buffer.from(text));
    previous = hash.toString('hex');
    return { id: event.id, hash, body: text };
  });
}

/** The compact range over the hashes of events. */
export function rangeOf(log: readonly LoggedEvent[]): CompactRange {
  const range = CompactRange.empty();
  for (const { hash } of log) range.append(hash);
  return range;
}

/** Proof that the first `size` events of a log are the beginning of all of them (RFC 9162, section 2.1.4). */
export function proofFrom(size: number, log: readonly LoggedEvent[]): Promise<Buffer[]> {
  const hashes = log.map(({ hash }) => hash);
  return consistencyProof(size, log.length, (subtrees) =>
    Promise.resolve(
      subtrees.map(({ height, index }) =>
        rootOfHashes(Buffer.concat(hashes.slice(index * 2 ** height, (index + 1) * 2 ** height))),
      ),
    ),
  );
}

/** A checkpoint of a log, signed by a key. */
export function checkpointOf(log: readonly LoggedEvent[], key: SigningKey): string {
  const text = checkpointText({ origin: key.verifier.name, size: log.length, root: rangeOf(log).root() });
  return noteText({ text, signatures: [signText(text, key)] });
}

/** A log as an export has it. */
export function exportOf(log: readonly LoggedEvent[]): string {
  return log.map(({ id, hash, body }) => `${JSON.stringify({ id, hash: hash.toString('hex'), body })}\n`).join('');
}

/** Puts a log in the place of the one in a database: rows, copied columns and head, as if it had always been so. */
export async function putLog(client: pg.Client, log: readonly LoggedEvent[]): Promise<void> {
  await client.query('delete from event_log where id > $1', [log.length]);
  const before = new Map((await readLog(client)).map(({ id, body }) => [id, body]));
  for (const event of log) {
    if (before.get(event.id) === event.body) continue;
    await client.query('delete from event_log where id = $1', [event.id]);
    await insertEvent(client, event);
  }
  await putHead(client, log);
}

/** Sets the head to the end of a log. */
export async function putHead(client: pg.Client, log: readonly LoggedEvent[]): Promise<void> {
  await client.query('update log_head set event_id = $1, hash = $2, range = $3', [
    log.length,
    log.at(-1)?.hash ?? null,
    rangeOf(log).toBytes(),
  ]);
}

/** One row of the log, its copied columns as its body says them. */
export async function insertEvent(client: pg.Client, { id, hash, body }: LoggedEvent): Promise<void> {
  const event = JSON.parse(body) as Body;
  const idIn = (member: string): JsonValue => (event[member] as JsonObject | null | undefined)?.['id'] ?? null;
  await client.query(
    `insert into event_log (id, previous_event_id, hash, body, type, outcome, actor_id, subject_id, occurred_at, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      id,
      event['previous_event_id'] ?? null,
      hash,
      body,
      event['type'] ?? '',
      event['outcome'] ?? '',
      idIn('actor') ?? '',
      idIn('subject'),
      event['occurred_at'] ?? '2026-01-01T00:00:00.000000Z',
      event['request_id'] ?? '',
    ],
  );
}

/** A log and one event more behind it. */
export function appended(
  log: readonly LoggedEvent[],
  { type, payload, effects = [] }: { type: string; payload: JsonObject; effects?: JsonValue },
): LoggedEvent[] {
  const head = { id: log.length, hash: log.at(-1)?.hash.toString('hex') ?? null, range: rangeOf(log).toBytes() };
  const writer = new EventWriter(head, '2026-01-01T00:00:00.000000Z');
  writer.append({
    actor: { type: 'system', id: 'attacker' },
    type,
    outcome: 'succeeded',
    subject: null,
    requestId: 'attack',
    causedBy: null,
    payload,
    bulky: [],
    effects: canonicalJson(effects),
  });
  return [...log, ...writer.events.map(({ id, leaf, body }) => ({ id, hash: leaf, body: body.toString() }))];
}
