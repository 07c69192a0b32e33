import type pg from 'pg';
import { CompactRange } from '../chain.js';
import { createClient } from '../../platform/database/client.js';
import type { GovernedTable } from '../table.js';
import { findingOf as tamperingFinding, type Finding } from './findings.js';
import { RowDigest, type DigestedEffect, type FoldedRow } from './fold.js';
import { hashesIn, RangeChecker } from './range-checker.js';
import { findingOf } from './reconcile.js';
import { openSnapshot } from './snapshot.js';

/** Events that are checked at a time. */
const EVENTS_AT_ONCE = 2_000;
/** Rows that are compared at a time. */
const ROWS_AT_ONCE = 1_000;
/** Findings that are told; where there are more, the first ones do. */
const FINDINGS_MAX = 20;

/** A point of the log up to which everything held. */
export interface GoodPoint {
  readonly eventId: number;
  /** Hash of that event; null before the first one. */
  readonly hash: Buffer | null;
  /** Compact range of the tree up to it. */
  readonly range: Buffer;
}

/** The point before the first event. */
export const BEGINNING: GoodPoint = { eventId: 0, hash: null, range: Buffer.alloc(0) };

/** What was found behind a good point, and the point up to which everything holds now. */
export interface Increment {
  readonly findings: readonly Finding[];
  readonly good: GoodPoint;
}

/**
 * Audits what is new since a good point, in one snapshot: the events, that they go on from that point up to the head, and
 * every row of a derived table that they touched. Its time grows with what is new, not with the log.
 */
export async function auditIncrement(
  databaseUrl: string,
  good: GoodPoint,
  tables: readonly GovernedTable<object>[],
): Promise<Increment> {
  const client = createClient(databaseUrl, 'audit');
  await client.connect();
  try {
    await openSnapshot(client);
    const { rows } = await client.query<{ id: number; hash: Buffer | null; range: Buffer }>(
      'select event_id as id, hash, range from log_head',
    );
    const [head] = rows;
    if (!head) return { findings: [{ kind: 'head_reset', reason: 'the log has no head' }], good };
    const moved = await pointFinding(client, good, head.id);
    if (moved) return { findings: [moved], good };
    return await goOn(client, good, head, tables);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether the good point is still there. */
async function pointFinding(client: pg.Client, { eventId, hash }: GoodPoint, head: number): Promise<Finding | null> {
  if (head < eventId) {
    const reason = `the head says ${head} events, and ${eventId} were there before`;
    return { kind: 'truncated', event_id: head + 1, reason };
  }
  if (eventId === 0) return null;
  const { rows } = await client.query<{ hash: Buffer }>('select hash from event_log where id = $1', [eventId]);
  return hash && rows[0]?.hash.equals(hash) === true
    ? null
    : { kind: 'rewritten', event_id: eventId, reason: 'it has another hash than when it was audited last' };
}

async function goOn(
  client: pg.Client,
  good: GoodPoint,
  head: { readonly id: number; readonly hash: Buffer | null; readonly range: Buffer },
  tables: readonly GovernedTable<object>[],
): Promise<Increment> {
  const digest = new RowDigest();
  const checker = new RangeChecker(client, digest.salt);
  const tree = CompactRange.fromBytes(good.eventId, good.range);
  const touched = new Map<string, DigestedEffect>();
  for (let from = good.eventId + 1; from <= head.id; from += EVENTS_AT_ONCE) {
    const range = await checker.check(from, Math.min(from + EVENTS_AT_ONCE - 1, head.id));
    if (range.tampering) return { findings: [tamperingFinding(range.tampering)], good };
    for (const hash of hashesIn(range)) tree.append(Buffer.from(hash));
    for (const effect of range.effects) touched.set(`${effect.entity} ${effect.id}`, effect);
  }
  const last = await client.query<{ hash: Buffer }>('select hash from event_log where id = $1', [head.id]);
  const isHead = head.id === 0 || (last.rows[0] && head.hash?.equals(last.rows[0].hash) === true);
  if (!isHead || !tree.toBytes().equals(head.range)) {
    const finding: Finding = { kind: 'head_reset', event_id: head.id, reason: 'the head is not that of the events' };
    return { findings: [finding], good };
  }
  const findings = await touchedRows(client, touched.values(), tables, digest);
  const { rows } = await client.query<{ id: number }>('select id from event_log where id > $1 limit 1', [head.id]);
  if (rows[0])
    findings.push({ kind: 'misplaced', event_id: rows[0].id, reason: 'the event lies behind the head of the log' });
  return { findings, good: { eventId: head.id, hash: head.hash, range: tree.toBytes() } };
}

/** Compares the rows that some effects touched with the last effect on each. */
async function touchedRows(
  client: pg.Client,
  effects: Iterable<DigestedEffect>,
  tables: readonly GovernedTable<object>[],
  digest: RowDigest,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const last = [...effects];
  for (const table of tables) {
    const all = last.filter(({ entity }) => entity === table.entity);
    for (let at = 0; at < all.length && findings.length < FINDINGS_MAX; at += ROWS_AT_ONCE) {
      const some = all.slice(at, at + ROWS_AT_ONCE);
      const rows = await rowsByKey(
        client,
        table,
        some.map(({ id }) => id),
      );
      for (const { id, op, digest: expected, eventId } of some) {
        const found = rows.get(id) ?? null;
        const said: FoldedRow | undefined =
          op === 'delete' || expected === null ? undefined : { digest: expected, eventId };
        if (found === null ? said === undefined : said?.digest === digest.of(found)) continue;
        findings.push(await findingOf(client, table, id, said, found));
      }
    }
  }
  return findings.slice(0, FINDINGS_MAX);
}

async function rowsByKey(
  client: pg.Client,
  table: GovernedTable<object>,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const { sqlType } = table.column(table.key);
  const { rows } = await client.query<Record<string, unknown>>(
    `select ${table.selectList} from "${table.name}" where "${table.keyName}" = any($1::${sqlType}[])`,
    [keys],
  );
  return new Map(rows.map((raw) => table.decode(raw)).map((row) => [table.idOf(row), table.after(row)]));
}
