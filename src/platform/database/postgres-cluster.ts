import { access, constants, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, DatabaseError } from 'pg';
import type { PostgresBinaries } from './postgres-binaries.js';
import { giveTo, postgresAccount, type PostgresAccount } from './postgres-account.js';
import { EmbeddedPostgresError } from './postgres-error.js';
import { openCluster, SUPERUSER } from './postgres-initdb.js';
import { pidIn, refuseIfInUse, stalePid } from './postgres-pid.js';
import { LogTail } from './postgres-log.js';
import { startPostmaster, type Postmaster } from './postgres-process.js';

/** Longest wait for a new server to take connections, in ms; a recovery after a crash takes its time. */
const START_MS = 120_000;
/** Time for one attempt to connect, in ms. */
const CONNECT_MS = 2_000;
/** Pause between two attempts to connect, in ms. */
const CONNECT_PAUSE_MS = 25;
/** Longest folder of a socket, in bytes: sun_path of unix(7) holds 107 of them with the file's name, on macOS 103. */
const SOCKET_DIR_MAX = 88;
/** Port in the socket's name; where there are no sockets it is a free one. */
const SOCKET_PORT = 5432;
/** SQLSTATEs that no waiting mends: the password is wrong, or may not be used. */
const REFUSALS: readonly unknown[] = ['28P01', '28000'];

/** A cluster to start. Its files are `postgres` and `postgres.log` in `dataDir`. */
export interface ClusterOptions {
  readonly binaries: PostgresBinaries;
  readonly dataDir: string;
  /** Settings as `-c name=value`; where it listens is not for the caller to say. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Is told what happens, in words. */
  readonly log?: (line: string) => void;
}

/** A running cluster. */
export interface Cluster {
  readonly version: string;
  /** The URL of one of its databases, for `pg`. */
  urlOf(database: string): string;
  /** Ends it in order and waits; does nothing the second time. */
  stop(): Promise<void>;
}

/** Where a server listens: a socket's folder, or a port of loopback where there are no sockets. */
interface Listening {
  readonly settings: Readonly<Record<string, string>>;
  readonly query: string;
  /** Ends what was made for it. */
  remove(): Promise<void>;
}

/**
 * Starts a PostgreSQL on a folder, making the cluster when there is none. Only this process can reach it: it listens on
 * a socket in a private folder, with a random password.
 * @throws EmbeddedPostgresError when it cannot
 */
export async function startCluster({ binaries, log, ...options }: ClusterOptions): Promise<Cluster> {
  const dataDir = resolve(options.dataDir);
  await makeFolder(dataDir);
  const clusterDir = join(dataDir, 'postgres');
  const account = postgresAccount(binaries.postgres, dataDir, clusterDir);
  const isSynced = options.settings?.['fsync'] !== 'off';
  const password = await openCluster({ binaries, account, dataDir, clusterDir, isSynced });
  const stale = await stalePid(clusterDir);
  if (stale !== null) log?.(`the pid ${stale} in postmaster.pid is another program's by now`);
  const listening = await listenIn(account, clusterDir);
  const logTail = await LogTail.of(join(dataDir, 'postgres.log'));
  const postmaster = startPostmaster({
    binaries,
    account,
    clusterDir,
    logFile: logTail.file,
    settings: { timezone: 'UTC', log_timezone: 'UTC', ...options.settings, ...listening.settings },
    env: stale === null ? {} : { PG_GRANDPARENT_PID: String(stale) },
  });
  const urlOf = (database: string): string =>
    `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@/${encodeURIComponent(database)}?${listening.query}`;
  const stop = async (): Promise<void> => {
    await postmaster.stop();
    await listening.remove();
  };
  try {
    const version = await ready(postmaster, clusterDir, urlOf('postgres'));
    log?.(`PostgreSQL ${version} runs on ${clusterDir} with pid ${postmaster.pid}`);
    return { version, urlOf, stop };
  } catch (error) {
    await stop();
    await refuseIfInUse(clusterDir);
    throw new EmbeddedPostgresError(
      `PostgreSQL did not start: ${error instanceof Error ? error.message : String(error)}. ` +
        `Mend what its log says, set another SUBSTRATE_DATA, or set DATABASE_URL.\n${await logTail.text()}`,
      { cause: error },
    );
  }
}

async function makeFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `the folder ${dataDir} cannot be used (${error instanceof Error ? error.message : String(error)}). ` +
        `Set SUBSTRATE_DATA to a folder that this user may write, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** The socket lies in the cluster's own private folder, or in a short one where its name would be too long. */
async function listenIn(account: PostgresAccount, clusterDir: string): Promise<Listening> {
  if (process.platform === 'win32') return listenOnLoopback();
  const isShort = Buffer.byteLength(clusterDir) <= SOCKET_DIR_MAX;
  const folder = isShort ? clusterDir : await mkdtemp(join(tmpdir(), 'echo-pg-'));
  if (!isShort) await giveTo(account, folder);
  return {
    settings: { listen_addresses: '', unix_socket_directories: folder, port: String(SOCKET_PORT) },
    query: `host=${encodeURIComponent(folder)}&port=${SOCKET_PORT}&sslmode=disable`,
    remove: async () => (isShort ? undefined : rm(folder, { recursive: true, force: true })),
  };
}

async function listenOnLoopback(): Promise<Listening> {
  const port = await new Promise<number>((done, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => done(free));
    });
  });
  return {
    settings: { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port) },
    query: `host=127.0.0.1&port=${port}&sslmode=disable`,
    remove: () => Promise.resolve(),
  };
}

/** Waits until the server answers, and says its version. */
async function ready(postmaster: Postmaster, clusterDir: string, url: string): Promise<string> {
  for (const deadline = Date.now() + START_MS; postmaster.ending() === null && Date.now() < deadline;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>('show server_version');
      // The folder may be another server's, which answers where ours could not start.
      if ((await pidIn(clusterDir)) === postmaster.pid) return rows[0]?.server_version ?? '';
    } catch (error) {
      if (error instanceof DatabaseError && REFUSALS.includes(error.code)) throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
    await new Promise((again) => setTimeout(again, CONNECT_PAUSE_MS));
  }
  throw new Error(postmaster.ending() ?? `it took no connections within ${START_MS / 1000} s`);
}
