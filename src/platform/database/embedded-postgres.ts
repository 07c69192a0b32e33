import { resolve } from 'node:path';
import pg from 'pg';
import { embeddedBinaries } from './postgres-binaries.js';
import { startCluster } from './postgres-cluster.js';

export { EmbeddedPostgresError } from './postgres-error.js';

/** The database of the substrate in an embedded cluster. */
const DATABASE = 'echo_substrate';

/** What to start. */
export interface EmbeddedPostgresOptions {
  /** Folder for the cluster, its log and its password. */
  readonly dataDir: string;
  /** Further settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A PostgreSQL of our own. */
export interface RunningPostgres {
  /** URL of the substrate's database. */
  readonly url: string;
  readonly version: string;
  /** Ends it in order and waits; does nothing the second time. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that the package brings, with its data in a folder. It survives restarts, is stopped by `stop`
 * and by the end of this process, also by a `kill -9`.
 * @throws EmbeddedPostgresError saying what to do
 */
export async function startEmbeddedPostgres({ dataDir, settings }: EmbeddedPostgresOptions): Promise<RunningPostgres> {
  const cluster = await startCluster({
    binaries: await embeddedBinaries(),
    dataDir: resolve(dataDir),
    ...(settings ? { settings } : {}),
  });
  try {
    await createDatabase(cluster.urlOf('postgres'), DATABASE);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return { url: cluster.urlOf(DATABASE), version: cluster.version, stop: () => cluster.stop() };
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
