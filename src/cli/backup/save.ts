import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGzip, constants } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { createClient } from '../../platform/database/client.js';
import { VERSION } from '../../platform/version.js';
import { CliError } from '../cli-error.js';
import {
  CLOSING,
  footerLine,
  headerLine,
  OPENING,
  tableEnd,
  tableLine,
  type BackupHeader,
  type BackupRows,
} from './backup-file.js';
import { countRows } from './copied-row.js';

/** The table of migrations that were run; a restore runs them again. */
const MIGRATIONS_TABLE = 'schema_migrations';

/** Told while a backup is written. */
export interface SaveObserver {
  readonly begin: (rows: number) => void;
  readonly saved: (table: string, rows: number) => void;
}

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * Writes all tables of a database into a file, as they are at one moment; servers go on meanwhile.
 * @throws CliError when the database has no substrate
 */
export async function saveBackup(databaseUrl: string, path: string, observer: SaveObserver): Promise<BackupHeader> {
  const client = createClient(databaseUrl, 'audit');
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const tables = await tablesOf(client);
    const rows = await countAll(client, tables);
    const header = { ...(await headerOf(client)), rows };
    observer.begin(rows);
    await writeFile(client, path, header, tables, observer);
    return { format: 1, ...header };
  } finally {
    await client.end();
  }
}

async function tablesOf(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `select c.table_name as name, array_agg(c.column_name::text order by c.ordinal_position) as columns
     from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name <> $1
     group by c.table_name order by c.table_name`,
    [MIGRATIONS_TABLE],
  );
  if (!rows.some(({ name }) => name === 'event_log')) throw new CliError('this database has no substrate');
  return rows;
}

async function headerOf(client: pg.Client): Promise<Omit<BackupHeader, 'format' | 'rows'>> {
  const { rows } = await client.query<Omit<BackupHeader, 'format' | 'rows' | 'log' | 'product'> & BackupHeader['log']>(`
    select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
           current_setting('server_version') as postgres,
           (select array_agg(name::text order by id) from ${MIGRATIONS_TABLE}) as migrations,
           (select body::json->'payload'->>'origin' from event_log where id = 1) as origin,
           event_id as size, encode(hash, 'hex') as hash
    from log_head`);
  const [row] = rows;
  if (!row) throw new CliError('the log of this database has no head');
  const { created_at, postgres, migrations, origin, size, hash } = row;
  return { product: VERSION, created_at, postgres, migrations, log: { origin, size, hash } };
}

async function countAll(client: pg.Client, tables: readonly Table[]): Promise<number> {
  let total = 0;
  for (const { name } of tables) {
    const { rows } = await client.query<{ rows: number }>(`select count(*) as rows from "${name}"`);
    total += rows[0]?.rows ?? 0;
  }
  return total;
}

async function writeFile(
  client: pg.Client,
  path: string,
  header: Omit<BackupHeader, 'format'>,
  tables: readonly Table[],
  observer: SaveObserver,
): Promise<void> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  // It holds password hashes and sessions: readable by its owner alone.
  const file = gzip.pipe(createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  const done = finished(file);
  // A failing file must end the work below, which waits for the packer.
  done.catch((error: unknown) => gzip.destroy(error as Error));
  const write = async (chunk: Buffer | string): Promise<void> => {
    if (!gzip.write(chunk)) await once(gzip, 'drain');
  };
  const rows: Record<string, number> = {};
  await write(headerLine(header) + OPENING);
  for (const { name, columns } of tables) {
    await write(tableLine(name, columns));
    rows[name] = await copyRows(client, name, columns, write, (added) => observer.saved(name, added));
    await write(tableEnd());
  }
  await write(CLOSING + footerLine(rows satisfies BackupRows));
  gzip.end();
  await done;
}

/** Events go by their id, so that whoever reads the file can follow the chain. */
async function copyRows(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  write: (chunk: Buffer) => Promise<void>,
  saved: (rows: number) => void,
): Promise<number> {
  const names = columns.map((c) => `"${c}"`).join(', ');
  const source = table === 'event_log' ? `(select ${names} from event_log order by id)` : `"${table}" (${names})`;
  let rows = 0;
  for await (const chunk of client.query(copyTo(`copy ${source} to stdout`))) {
    const added = countRows(chunk as Buffer);
    rows += added;
    saved(added);
    await write(chunk as Buffer);
  }
  return rows;
}
