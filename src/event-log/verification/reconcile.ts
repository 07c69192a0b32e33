import type pg from 'pg';
import type { GovernedTable } from '../table.js';
import type { Finding } from './findings.js';
import { rowText, type Fold, type FoldedRow, type LoggedEffect } from './fold.js';

/** Rows that are read at a time. */
const ROWS_AT_ONCE = 5_000;

/** What a comparison of tables with a fold needs. */
export interface Reconciliation {
  /** Reads the rows; in a transaction that sees one moment. */
  readonly client: pg.Client;
  /** Looks up what was found; sees the same moment. */
  readonly side: pg.Client;
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

async function reconcileTable(
  table: GovernedTable<object>,
  { client, side, fold, findingsMax, onRows }: Reconciliation,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const expected = fold.rowsOf(table);
  for await (const rows of rowsOf(client, table)) {
    for (const raw of rows) {
      const key = String(raw[table.keyName]);
      const said = expected.get(key);
      const found = textOf(table, raw);
      expected.delete(key);
      if (said?.digest === fold.digest.of(found)) continue;
      findings.push(await findingOf(side, table, key, said, found));
      if (findings.length >= findingsMax) return findings;
    }
    onRows?.(rows.length);
  }
  for (const [key, said] of expected) {
    findings.push(await findingOf(side, table, key, said, null));
    if (findings.length >= findingsMax) break;
  }
  return findings;
}

/** All rows of a table, in no order, through a cursor: the heap is read, no index. */
async function* rowsOf(client: pg.Client, table: GovernedTable<object>): AsyncGenerator<Record<string, unknown>[]> {
  await client.query(`declare reconciled no scroll cursor for select ${table.selectList} from "${table.name}"`);
  const fetch = () => client.query<Record<string, unknown>>(`fetch ${ROWS_AT_ONCE} from reconciled`);
  let next = fetch();
  for (;;) {
    const { rows } = await next;
    if (rows.length === 0) break;
    // The next rows are on their way while these are compared.
    next = fetch();
    // Heard of when its turn comes, if it comes.
    next.catch(() => undefined);
    yield rows;
  }
  await client.query('close reconciled');
}

/** The canonical text of a row; of one with values that none can have, such as NaN, whatever tells it from all that can be. */
function textOf(table: GovernedTable<object>, raw: Record<string, unknown>): string {
  try {
    return table.after(table.decode(raw));
  } catch {
    return JSON.stringify(raw);
  }
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
