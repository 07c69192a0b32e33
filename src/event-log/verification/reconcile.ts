import type pg from 'pg';
import type { GovernedTable } from '../table.js';
import type { Finding } from './findings.js';
import { rowText, type Fold, type FoldedRow, type LoggedEffect } from './fold.js';
import { RowReader, rowTextOf, type ReadRows, type RowSource } from './row-reader.js';
import { inOrder, Threads } from './threads.js';

/** Blocks of a table (of 8 KiB) that are read at a time: some ten thousand rows. */
const BLOCKS_AT_ONCE = 256;
/** Blocks of a table from which on threads pay. */
const BLOCKS_FOR_THREADS = 1_024;
/** Threads that read rows: one for each of two cores, beside the database. */
const THREADS = 2;

/** What a comparison of tables with a fold needs. */
export interface Reconciliation {
  /** Reads the rows; in a transaction that sees one moment. */
  readonly client: pg.Client;
  /** Looks up what was found; sees the same moment. */
  readonly side: pg.Client;
  /** Where threads find the same moment. */
  readonly source: Omit<RowSource, 'table'>;
  readonly tables: readonly GovernedTable<object>[];
  readonly fold: Fold;
  /** Findings after which it ends: one or a thousand, the first ones tell. */
  readonly findingsMax: number;
  readonly onRows?: (rows: number) => void;
}

/**
 * Compares derived tables with what the log says of them, both ways: rows that are other than they should be, that nobody
 * wrote by an event, and that are gone.
 */
export async function reconcile(options: Reconciliation): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const table of options.tables) {
    if (findings.length >= options.findingsMax) break;
    findings.push(...(await reconcileTable(table, options)));
  }
  return findings.slice(0, options.findingsMax);
}

async function reconcileTable(table: GovernedTable<object>, options: Reconciliation): Promise<Finding[]> {
  const { side, fold, findingsMax, onRows } = options;
  const findings: Finding[] = [];
  const expected = fold.rowsOf(table);
  for await (const { keys, digests } of readRows(table, options)) {
    for (const [i, key] of keys.entries()) {
      const said = expected.get(key);
      expected.delete(key);
      if (said?.digest === digests[i]) continue;
      findings.push(await findingOf(side, table, key, said, await foundText(side, table, key)));
      if (findings.length >= findingsMax) return findings;
    }
    onRows?.(keys.length);
  }
  for (const [key, said] of expected) {
    findings.push(await findingOf(side, table, key, said, null));
    if (findings.length >= findingsMax) break;
  }
  return findings;
}

/** The rows of a table as the heap has them, by no index: of a large table by threads of their own. */
async function* readRows(
  table: GovernedTable<object>,
  { client, source, fold }: Reconciliation,
): AsyncGenerator<ReadRows> {
  const last = await lastBlock(client, table);
  const reader = new RowReader(client, table, fold.digest);
  if (last === null) return yield await reader.checkAll();
  const file = new URL('./row-worker.js', import.meta.url);
  const workerData: RowSource = { ...source, table: table.description };
  const threads = last < BLOCKS_FOR_THREADS ? null : await Threads.start<ReadRows>(file, workerData, THREADS);
  try {
    const ranges = { first: 0, last, step: BLOCKS_AT_ONCE, ahead: threads ? 2 * THREADS + 1 : 1 };
    yield* inOrder(threads ?? reader, ranges);
    // Behind the last block: rows of tables that somebody made inherit from this one.
    yield await reader.check(last + 1, null);
  } finally {
    await threads?.close();
  }
}

/** Number of a table's last block; null where somebody put something in its place that has no blocks. */
async function lastBlock(client: pg.Client, { name }: GovernedTable<object>): Promise<number | null> {
  const { rows } = await client.query<{ blocks: number; kind: string }>(
    `select pg_relation_size(oid) / current_setting('block_size')::bigint as blocks, relkind::text as kind
     from pg_class where oid = $1::regclass`,
    [`"${name}"`],
  );
  const [found] = rows;
  return found?.kind === 'r' ? found.blocks - 1 : null;
}

/** What a row is that is not what it should be. It may be there twice, where its index is not: then any of them. */
async function foundText(client: pg.Client, table: GovernedTable<object>, key: string): Promise<string | null> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select ${table.selectList} from "${table.name}" where "${table.keyName}"::text = $1 limit 1`,
    [key],
  );
  return rows[0] ? rowTextOf(table, rows[0]) : null;
}

/** Names a row that does not hold, with what the log says of it. */
export async function findingOf(
  client: pg.Client,
  table: GovernedTable<object>,
  key: string,
  said: FoldedRow | undefined,
  found: string | null,
): Promise<Finding> {
  const row = { table: table.name, key, found };
  if (!said) return { kind: 'row_added', ...row, expected: null, reason: 'no event says that there is such a row' };
  const expected = await rowInEvent(client, table, key, said.eventId);
  const event = { event_id: said.eventId, expected };
  return found === null
    ? { kind: 'row_removed', ...row, ...event, reason: `event ${said.eventId} wrote it, and it is gone` }
    : { kind: 'row_changed', ...row, ...event, reason: `it is not what event ${said.eventId} wrote` };
}

async function rowInEvent(
  client: pg.Client,
  table: GovernedTable<object>,
  key: string,
  eventId: number,
): Promise<string | null> {
  const { rows } = await client.query<{ body: string }>('select body from event_log where id = $1', [eventId]);
  if (!rows[0]) return null;
  const { effects } = JSON.parse(rows[0].body) as { effects: LoggedEffect[] };
  const effect = effects.findLast(({ entity, id }) => entity === table.entity && id === key);
  return effect?.after === undefined ? null : rowText(effect.after);
}
