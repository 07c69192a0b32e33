import { resolve } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { embeddedBinaries } from './postgres-binaries.js';
import { startCluster } from './postgres-cluster.js';

export { EmbeddedPostgresError } from './postgres-error.js';

/** The database of the substrate in an embedded cluster. */
const DATABASE = 'echo_substrate';

/** What to start. */
export interface EmbeddedPostgresOptions {
  /** Folder for the cluster with its password, and for its log. */
  readonly dataDir: string;
  /** Is told what happens, in words without secrets. */
  readonly log?: (line: string) => void;
  /** Further settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A PostgreSQL of our own. */
export interface RunningPostgres {
  /** URL of the substrate's database. It holds the password. */
  readonly url: string;
  readonly version: string;
  /** The folder that was given, as an absolute path. */
  readonly dataDir: string;
  /** Ends it in order and waits; does nothing the second time. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that the package brings, with its data in a folder. It survives restarts, is stopped by `stop`
 * and by the end of this process, also by a `kill -9`.
 * @throws EmbeddedPostgresError saying what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<RunningPostgres> {
  const dataDir = resolve(options.dataDir);
  const cluster = await startCluster({ ...options, binaries: await embeddedBinaries(), dataDir });
  try {
    await createDatabase(cluster.urlOf('postgres'), DATABASE);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return { url: cluster.urlOf(DATABASE), version: cluster.version, dataDir, stop: () => cluster.stop() };
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
