import pg from 'pg';
import type { Finding } from './findings.js';

interface IndexRow {
  readonly table: string;
  readonly name: string;
  readonly works: boolean;
  readonly columns: readonly string[];
  readonly predicate: string | null;
}

interface Content {
  readonly rows: string;
  readonly sum: string | null;
}

/** Lets the planner read the table itself, and lets it read an index alone. */
const BY_TABLE =
  'set local enable_seqscan = on; set local enable_indexscan = off; set local enable_indexonlyscan = off';
const BY_INDEX = 'set local enable_seqscan = off; set local enable_indexscan = on; set local enable_indexonlyscan = on';
const ALONE = 'set local enable_bitmapscan = off; set local max_parallel_workers_per_gather = 0';

/** Compares each B-tree of some tables with its table: an index that lacks rows hides them from whoever looks by it. */
export async function checkIndexes(client: pg.Client, tables: readonly string[]): Promise<Finding[]> {
  const { rows: indexes } = await client.query<IndexRow>(
    `select t.relname as table, i.relname as name, x.indisvalid and x.indisready as works,
            array(select pg_get_indexdef(x.indexrelid, n, true) from generate_series(1, x.indnkeyatts) n) as columns,
            pg_get_expr(x.indpred, x.indrelid) as predicate
     from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
     where t.relnamespace = 'public'::regnamespace and t.relname = any($1::text[])
       and i.relam = (select oid from pg_am where amname = 'btree')
     order by 1, 2`,
    [tables],
  );
  const findings: Finding[] = [];
  await client.query(`savepoint indexes; ${ALONE}`);
  for (const index of indexes) {
    const reason = index.works ? await difference(client, index) : 'it is marked as not to be used';
    if (reason !== null) findings.push({ kind: 'index_damage', table: index.table, key: index.name, reason });
  }
  await client.query('rollback to savepoint indexes');
  return findings;
}

async function difference(client: pg.Client, { table, name, columns, predicate }: IndexRow): Promise<string | null> {
  const list = columns.join(', ');
  const where = predicate === null ? '' : ` where ${predicate}`;
  const of = (order: string): string =>
    `select count(*) as rows, sum(hashtextextended(key, 0)) as sum
     from (select row(${list})::text as key from ${pg.escapeIdentifier(table)}${where}${order}) keys`;
  const byIndex = of(` order by ${list}`);
  await client.query(`${BY_INDEX}; set local enable_sort = off`);
  // A table so small or so odd that the planner will not take the index at any price: there is nothing to be hidden.
  const { rows: plan } = await client.query<{ 'QUERY PLAN': string }>(`explain ${byIndex}`);
  if (!plan.some((line) => line['QUERY PLAN'].includes(` ${name} `))) return null;
  const { rows: indexed } = await client.query<Content>(byIndex);
  await client.query(`${BY_TABLE}; set local enable_sort = on`);
  const { rows: stored } = await client.query<Content>(of(''));
  const [inIndex, inTable] = [indexed[0], stored[0]];
  if (inIndex?.rows !== inTable?.rows) return `it has ${inIndex?.rows} rows, and the table has ${inTable?.rows}`;
  return inIndex?.sum === inTable?.sum ? null : 'it has other values than the table';
}
