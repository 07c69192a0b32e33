import type pg from 'pg';
import { timestampOfPostgres, type Timestamp } from '../platform/time.js';
import { HASH_BYTES } from './chain.js';
import type { DetachedText, Head, NewEvent } from './event-writer.js';
import type { IdempotencyRecord } from './idempotency.js';
import { loadStatement, mergeNeeds, takeIn } from './row-loading.js';
import { WorkingSet, type Changes, type Need } from './working-set.js';

/** What a batch starts from, read after the head was locked. */
export interface LoadedBatch {
  readonly head: Head;
  readonly now: Timestamp;
  readonly state: WorkingSet;
  readonly idempotency: IdempotencyRecord[];
}

/** What a batch writes. */
export interface BatchWrites {
  readonly events: readonly NewEvent[];
  readonly detached: readonly DetachedText[];
  readonly head: Head;
  readonly changes: readonly Changes[];
  readonly idempotency: readonly IdempotencyRecord[];
}

const LOCK_HEAD = 'select event_id, hash, range from log_head for update';
const LOAD_IDEMPOTENCY =
  'select id, fingerprint, status, body, expires_at from idempotency_records where id = any($1::uuid[])';

/**
 * Opens the transaction, locks the head and loads every row that the batch needs, one query a table, in one round trip.
 * The lock is a statement of its own and comes first: under READ COMMITTED each later statement then sees all that the
 * holder before us committed. Lock and read in one statement would see the row as it was before the wait.
 */
export async function openBatch(
  client: pg.Client,
  needs: readonly Need[],
  idempotencyIds: readonly string[],
): Promise<LoadedBatch> {
  const lookups = mergeNeeds(needs);
  const [, head, clock, known, ...loads] = await settleAll([
    client.query('begin isolation level read committed'),
    client.query<{ event_id: number; hash: Buffer | null; range: Buffer }>({ name: 'lock-head', text: LOCK_HEAD }),
    client.query<{ now: string }>({ name: 'clock', text: 'select clock_timestamp() as now' }),
    idempotencyIds.length === 0
      ? null
      : client.query<IdempotencyRow>({ name: 'load-idempotency', text: LOAD_IDEMPOTENCY, values: [idempotencyIds] }),
    ...lookups.map((lookup) => client.query<Record<string, unknown>>(loadStatement(lookup))),
  ]);
  const row = head.rows[0];
  const now = clock.rows[0]?.now;
  if (!row || now === undefined) throw new Error('the log has no head: the migrations have not run');
  const state = new WorkingSet();
  lookups.forEach((lookup, i) => takeIn(state, lookup, loads[i]?.rows ?? []));
  return {
    head: { id: row.event_id, hash: row.hash?.toString('hex') ?? null, range: row.range },
    now: timestampOfPostgres(now),
    state,
    idempotency: (known?.rows ?? []).map((r) => ({ ...r, expiresAt: timestampOfPostgres(r.expires_at) })),
  };
}

/** Writes each table, the log and the head with one statement each and commits, in one round trip. */
export async function commitBatch(client: pg.Client, writes: BatchWrites): Promise<void> {
  const queries = [
    ...writes.changes.flatMap((changes) => changeStatements(changes)),
    insertEvents(writes.events),
    updateHead(writes.head),
    ...(writes.detached.length > 0 ? [insertDetached(writes.detached)] : []),
    ...(writes.idempotency.length > 0 ? [insertIdempotency(writes.idempotency)] : []),
  ];
  const results = queries.map((query) => client.query(query));
  const [{ command }] = await settleAll([client.query('commit'), ...results]);
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
}

/** Ends a transaction that has nothing to write. */
export async function abandonBatch(client: pg.Client): Promise<void> {
  await client.query('rollback');
}

/** Waits for all, so that no failure of a pipelined statement goes unheard, then throws the first one's error. */
async function settleAll<T extends readonly unknown[]>(
  promises: readonly [...T],
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const results = await Promise.allSettled(promises);
  const broken = results.find((r): r is PromiseRejectedResult => r.status === 'rejected');
  if (broken) throw broken.reason;
  return results.map((r) => (r.status === 'fulfilled' ? r.value : null)) as { -readonly [I in keyof T]: Awaited<T[I]> };
}

interface IdempotencyRow {
  id: string;
  fingerprint: string;
  status: number;
  body: string;
  expires_at: string;
}

/** A prepared statement of fixed text. */
type Statement = pg.QueryConfig & { readonly name: string };

/** The statements that write changes. Rows travel as one JSON parameter: a prepared statement of fixed text, whatever their number. */
export function changeStatements({ table, inserts, updates, deletes }: Changes): Statement[] {
  const names = table.columns.map((c) => `"${c.name}"`).join(', ');
  const typed = table.columns.map((c) => `"${c.name}" ${c.sqlType}`).join(', ');
  const rows = `json_to_recordset($1::json) as r(${typed})`;
  const json = (list: readonly object[]): string => JSON.stringify(list.map((row) => table.encode(row)));
  const statements: Statement[] = [];
  if (inserts.length > 0) {
    const text = `insert into "${table.name}" (${names}) select ${names} from ${rows}`;
    statements.push({ name: `insert-${table.name}`, text, values: [json(inserts)] });
    if (table.sums) {
      statements.push({ name: `sum-up-${table.name}`, text: table.sums.add(rows), values: [json(inserts)] });
    }
  }
  if (updates.length > 0) {
    const sets = table.columns.filter((c) => c.name !== table.key).map((c) => `"${c.name}" = r."${c.name}"`);
    const text = `update "${table.name}" t set ${sets.join(', ')} from ${rows} where t."${table.keyName}" = r."${table.keyName}"`;
    statements.push({ name: `update-${table.name}`, text: exactly(text), values: [json(updates), updates.length] });
  }
  if (deletes.length > 0) {
    const text = `delete from "${table.name}" where "${table.keyName}" = any($1::${table.column(table.key).sqlType}[])`;
    statements.push({
      name: `delete-${table.name}`,
      text: exactly(text),
      values: [deletes.map((row) => table.idOf(row)), deletes.length],
    });
  }
  return statements;
}

/**
 * The statement, failing (22012) unless it changes as many rows as `$2` says: the commit is on its way behind it, so only
 * the database can stop a batch whose rows are not there any more.
 */
function exactly(change: string): string {
  return `with changed as (${change} returning 1) select 1 / (count(*) = $2)::int from changed`;
}

/** Bodies and hashes go over as two binary parameters and are cut by offset: no quoting of the bodies anywhere. */
const INSERT_EVENTS = `
  insert into event_log (id, previous_event_id, hash, body, type, outcome, actor_id, subject_id, occurred_at, request_id)
  select $1::bigint + e.n, nullif($1::bigint + e.n - 1, 0),
         substring($2::bytea from (e.n::int - 1) * ${HASH_BYTES} + 1 for ${HASH_BYTES}),
         convert_from(substring($3::bytea from e.start + 1 for e.bytes), 'UTF8'),
         e.type, e.outcome, e.actor_id, e.subject_id, $4::timestamptz, e.request_id
  from unnest($5::int[], $6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
       with ordinality as e(start, bytes, type, outcome, actor_id, subject_id, request_id, n)`;

function insertEvents(events: readonly NewEvent[]): Statement {
  const starts: number[] = [];
  let start = 0;
  for (const { body } of events) {
    starts.push(start);
    start += body.length;
  }
  const first = events[0];
  return {
    name: 'insert-events',
    text: INSERT_EVENTS,
    values: [
      (first?.id ?? 1) - 1,
      Buffer.concat(events.map((e) => e.leaf)),
      Buffer.concat(events.map((e) => e.body)),
      first?.parts.occurredAt,
      starts,
      events.map((e) => e.body.length),
      events.map((e) => e.parts.type),
      events.map((e) => e.parts.outcome),
      events.map((e) => e.parts.actor.id),
      events.map((e) => e.parts.subject?.id ?? null),
      events.map((e) => e.parts.requestId),
    ],
  };
}

function updateHead(head: Head): Statement {
  return {
    name: 'update-head',
    text: 'update log_head set event_id = $1, hash = $2, range = $3',
    values: [head.id, head.hash === null ? null : Buffer.from(head.hash, 'hex'), head.range],
  };
}

function insertDetached(texts: readonly DetachedText[]): Statement {
  return {
    name: 'insert-texts',
    text: `insert into event_texts (id, event_id, member, text, salt)
           select event_id || '/' || member, event_id, member, text, salt
           from json_to_recordset($1::json) as r(event_id bigint, member text, text text, salt text)`,
    values: [JSON.stringify(texts.map((t) => ({ event_id: t.eventId, member: t.member, text: t.text, salt: t.salt })))],
  };
}

function insertIdempotency(records: readonly IdempotencyRecord[]): Statement {
  return {
    name: 'insert-idempotency',
    text: `insert into idempotency_records (id, fingerprint, status, body, expires_at)
           select id, fingerprint, status, body, expires_at
           from json_to_recordset($1::json) as r(id uuid, fingerprint text, status int, body text, expires_at timestamptz)
           on conflict (id) do update set fingerprint = excluded.fingerprint, status = excluded.status,
             body = excluded.body, expires_at = excluded.expires_at`,
    values: [
      JSON.stringify(
        records.map(({ id, fingerprint, status, body, expiresAt }) => ({
          id,
          fingerprint,
          status,
          body,
          expires_at: expiresAt,
        })),
      ),
    ],
  };
}
