import type pg from 'pg';
import { CompactRange } from '../../event-log/chain.js';
import { createClient } from '../../platform/database/client.js';
import { sqlstateOf } from '../../platform/database/sqlstate.js';
import { timestampOfPostgres } from '../../platform/time.js';
import { faultOf, type LogRow } from './event-check.rules.js';

/** Ids that one statement checks: a second or so, and a failure costs one such range to be looked at closely. */
export const RANGE_IDS = 50_000;
/** Rows that a close look reads at a time. */
const CLOSE_ROWS = 2_000;

/** The first event that does not hold, and why. */
export interface Break {
  readonly event_id: number;
  readonly reason: string;
}

/** What a verification found. */
export interface Verification {
  readonly valid: boolean;
  readonly events_checked: number;
  readonly head: { readonly id: number; readonly hash: string | null };
  readonly first_break: Break | null;
}

/**
 * Rows of a range whose hash, link or copied columns do not fit their body, found in the database. A body that cannot be
 * cast makes the statement fail, which is a finding too.
 */
const SUSPECTS = `
  with e as (
    select *, body::jsonb as b, lag(hash) over (order by id) as hash_before
    from event_log where id between $1::bigint - 1 and $2
  )
  select count(*)::int as rows, min(id) filter (where
      hash is distinct from sha256('\\x00'::bytea || convert_to(body, 'UTF8'))
      or b->>'previous_hash' is distinct from encode(hash_before, 'hex')
      or b->>'id' is distinct from id::text
      or b->>'previous_event_id' is distinct from previous_event_id::text
      or b->>'v' is distinct from '1'
      or b->>'type' is distinct from type
      or b->>'outcome' is distinct from outcome
      or b->'actor'->>'id' is distinct from actor_id
      or b->'subject'->>'id' is distinct from subject_id
      or (b->>'occurred_at')::timestamptz is distinct from occurred_at
      or b->>'request_id' is distinct from request_id
      or (id = 1) is distinct from (type = 'substrate.genesis')
    ) as suspect
  from e where id >= $1`;

const CLOSE = `
  select id, previous_event_id, hash, body, type, outcome, actor_id, subject_id, occurred_at, request_id
  from event_log where id between $1 and $2 order by id`;

/**
 * Verifies a range of the log, both ends included, on a connection of its own and in one snapshot: appending goes on
 * meanwhile. The whole log is also compared with the head: its hash and its Merkle range.
 */
export async function verifyLog(databaseUrl: string, fromId: number, toId: number | null): Promise<Verification> {
  const client = createClient(databaseUrl, 'audit');
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const head = await readHead(client);
    const last = Math.min(toId ?? head.id, head.id);
    const broken = (await firstBreak(client, fromId, last)) ?? (await headBreak(client, head, fromId, last));
    const checked = broken ? Math.max(0, broken.event_id - fromId) : Math.max(0, last - fromId + 1);
    return {
      valid: broken === null,
      events_checked: checked,
      head: { id: head.id, hash: head.hash },
      first_break: broken,
    };
  } finally {
    await client.end();
  }
}

interface HeadRow {
  readonly id: number;
  readonly hash: string | null;
  readonly range: Buffer;
}

async function readHead(client: pg.Client): Promise<HeadRow> {
  const { rows } = await client.query<HeadRow>(
    `select event_id as id, encode(hash, 'hex') as hash, range from log_head`,
  );
  const [head] = rows;
  if (!head) throw new Error('the log has no head');
  return head;
}

async function firstBreak(client: pg.Client, fromId: number, last: number): Promise<Break | null> {
  for (let from = fromId; from <= last; from += RANGE_IDS) {
    const to = Math.min(from + RANGE_IDS - 1, last);
    if (await holds(client, from, to)) continue;
    const found = await lookClosely(client, from, to);
    if (found) return found;
  }
  return null;
}

/** Whether a range holds, as far as the database can say. */
async function holds(client: pg.Client, from: number, to: number): Promise<boolean> {
  await client.query('savepoint range');
  try {
    const { rows } = await client.query<{ rows: number; suspect: number | null }>(SUSPECTS, [from, to]);
    return rows[0]?.rows === to - from + 1 && rows[0].suspect === null;
  } catch (error) {
    // Class 22, data exception: a body or a time in it is not what it should be.
    if (!sqlstateOf(error)?.startsWith('22')) throw error;
    await client.query('rollback to savepoint range');
    return false;
  }
}

/** Names the first event of a range that does not hold. */
async function lookClosely(client: pg.Client, from: number, to: number): Promise<Break | null> {
  let previous = await hashOf(client, from - 1);
  for (let start = from; start <= to; start += CLOSE_ROWS) {
    const end = Math.min(start + CLOSE_ROWS - 1, to);
    const { rows } = await client.query<LogRow>(CLOSE, [start, end]);
    for (let i = 0, id = start; id <= end; i += 1, id += 1) {
      const row = rows[i];
      if (row?.id !== id) return { event_id: id, reason: 'the event is missing' };
      const fault = faultOf({ ...row, occurred_at: timestampOfPostgres(row.occurred_at) }, previous);
      if (fault !== null) return { event_id: id, reason: fault };
      previous = row.hash.toString('hex');
    }
  }
  return null;
}

async function hashOf(client: pg.Client, id: number): Promise<string | null> {
  const { rows } = await client.query<{ hash: string }>(
    `select encode(hash, 'hex') as hash from event_log where id = $1`,
    [id],
  );
  return rows[0]?.hash ?? null;
}

/** What is wrong between the head and the events, which all hold themselves. */
async function headBreak(client: pg.Client, head: HeadRow, fromId: number, last: number): Promise<Break | null> {
  const { rows } = await client.query<{ id: number | null }>('select max(id) as id from event_log');
  const lastId = rows[0]?.id ?? 0;
  if (lastId > head.id) return { event_id: head.id + 1, reason: 'the event lies behind the head of the log' };
  if (last < head.id) return null;
  if (head.hash !== (await hashOf(client, head.id)))
    return { event_id: head.id, reason: "the head's hash is not that of the last event" };
  if (fromId !== 1) return null;
  const range = await rangeOf(client, head.id);
  return range.toBytes().equals(head.range)
    ? null
    : { event_id: head.id, reason: "the head's Merkle range is not that of the events" };
}

async function rangeOf(client: pg.Client, size: number): Promise<CompactRange> {
  const range = CompactRange.empty();
  for (let from = 1; from <= size; from += RANGE_IDS) {
    const { rows } = await client.query<{ hash: Buffer }>(
      'select hash from event_log where id between $1 and $2 order by id',
      [from, from + RANGE_IDS - 1],
    );
    for (const { hash } of rows) range.append(hash);
  }
  return range;
}
