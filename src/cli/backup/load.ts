import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { verifyLog, type Verification } from '../../event-log/verification/verify-log.js';
import { createClient } from '../../platform/database/client.js';
import { LOCK_MIGRATIONS, migrate, MIGRATION_NAMES } from '../../platform/database/migrate.js';
import { CliError, EXIT } from '../cli-error.js';
import { copyTarget, readBackup, type BackupHeader, type BackupRows, type TableSection } from './backup-file.js';
import { countRows } from './copied-row.js';

/** Told while a backup is loaded. */
export interface LoadObserver {
  readonly begin: (rows: number) => void;
  readonly loaded: (table: string, rows: number) => void;
  readonly verifying: (events: number) => void;
}

/** What was loaded, and what a verification says of it. */
export interface LoadedBackup {
  readonly header: BackupHeader;
  readonly rows: BackupRows;
  readonly verification: Verification;
}

/**
 * Loads a backup into a database without a log, in one transaction that is committed only when the log in it verifies.
 * Its tables are made as they were when the backup was written, and then brought up to date.
 * @throws CliError when the database is in use, or the file is no whole backup, or what it holds does not verify
 */
export async function loadBackup(databaseUrl: string, path: string, observer: LoadObserver): Promise<LoadedBackup> {
  const client = createClient(databaseUrl, 'migration');
  await client.connect();
  try {
    let header: BackupHeader | null = null;
    const loaded: Record<string, number> = {};
    const rows = await readBackup(
      path,
      async (read) => {
        header = read;
        await migrate(databaseUrl, migrationsOf(read));
        await client.query('begin');
        // A server that starts now waits until we are done, and then finds its log.
        await client.query(LOCK_MIGRATIONS);
        await refuseIfUsed(client);
        await client.query('truncate log_head');
        observer.begin(read.rows);
      },
      async (section) => {
        loaded[section.table] = await loadTable(client, section, (added) => observer.loaded(section.table, added));
      },
    );
    const read = header as BackupHeader | null;
    if (!read) throw new Error('a backup without a header was read');
    const verification = await verify(client, read, rows, loaded, observer);
    await client.query('commit');
    await migrate(databaseUrl);
    await client.query('analyze');
    return { header: read, rows, verification };
  } finally {
    await client.end();
  }
}

/** How many of our migrations the backup had. */
function migrationsOf({ migrations, product }: BackupHeader): number {
  const isOurs = migrations.every((name, i) => MIGRATION_NAMES[i] === name);
  if (!isOurs) {
    throw new CliError(`the backup was written by version ${product}, whose tables this version does not know`);
  }
  return migrations.length;
}

async function refuseIfUsed(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ size: number }>('select count(*) as size from event_log');
  if ((rows[0]?.size ?? 0) > 0)
    throw new CliError('the database has a log already; a backup is restored into an empty one');
}

async function loadTable(
  client: pg.Client,
  { table, columns, lines }: TableSection,
  loaded: (rows: number) => void,
): Promise<number> {
  const target = client.query(copyFrom(`copy ${copyTarget(table, columns)}`));
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of lines) {
      loaded(countRows(chunk));
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted(), { objectMode: false }), target);
  return target.rowCount;
}

async function verify(
  client: pg.Client,
  header: BackupHeader,
  rows: BackupRows,
  loaded: BackupRows,
  observer: LoadObserver,
): Promise<Verification> {
  const refuse = (why: string): CliError => new CliError(`${why}; nothing was restored`, EXIT.failed);
  const short = Object.keys(rows).find((table) => rows[table] !== loaded[table]);
  if (short !== undefined)
    throw refuse(`${short} has ${loaded[short] ?? 0} rows, but ${rows[short] ?? 0} were written`);
  const verification = await verifyLog([client], { onProgress: observer.verifying });
  const { first_break: broken, head } = verification;
  if (broken) throw refuse(`event ${broken.event_id} of the backup does not hold: ${broken.reason}`);
  if (head.id !== header.log.size || head.hash !== header.log.hash)
    throw refuse('the log does not end where the first line of the backup says');
  return verification;
}
