import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { PostgresBinaries } from './postgres-binaries.js';
import { asAccount, giveTo, postgresAccount, type PostgresAccount } from './postgres-account.js';
import { EmbeddedPostgresError } from './postgres-error.js';
import { clearStalePid, pidIn } from './postgres-pid.js';

/** Longest wait for a new server to take connections, in ms; a recovery after a crash takes its time. */
const START_MS = 60_000;
/** Pause between two attempts to connect, in ms. */
const CONNECT_PAUSE_MS = 25;
/** Longest folder of a socket, in bytes: sun_path of unix(7) holds 107 with the file's name. */
const SOCKET_DIR_MAX = 90;
/** Lines of the server's own log in an error. */
const LOG_LINES = 12;
/** The superuser of the cluster. */
const SUPERUSER = 'echo';

/** A cluster to start. Its files are `postgres`, `postgres.log` and `postgres-password` in `dataDir`. */
export interface ClusterOptions {
  readonly binaries: PostgresBinaries;
  readonly dataDir: string;
  /** Settings as `-c name=value`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running cluster. */
export interface Cluster {
  readonly version: string;
  /** The URL of one of its databases, for `pg`. */
  urlOf(database: string): string;
  /** Ends it in order and waits; does nothing the second time. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL on a folder, making the cluster when there is none. Only this process can reach it: it listens on
 * a socket in a private folder, with a random password.
 * @throws EmbeddedPostgresError when it cannot
 */
export async function startCluster({ binaries, dataDir, settings = {} }: ClusterOptions): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true });
  const account = postgresAccount(binaries.postgres, dataDir);
  const clusterDir = join(dataDir, 'postgres');
  const password = await clusterPassword(binaries, account, dataDir);
  await clearStalePid(clusterDir);
  const socketDir = await socketFolder(account, clusterDir);
  const logFile = join(dataDir, 'postgres.log');
  const flags = {
    listen_addresses: '',
    unix_socket_directories: socketDir,
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  };
  const command = asAccount(account, binaries.postgres, [
    '-D',
    clusterDir,
    ...Object.entries(flags).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
  ]);
  const log = openSync(logFile, 'a', 0o600);
  // Detached: a Ctrl-C is for the server, which finishes what it accepted and then stops its database.
  const postmaster = spawn(command.program, command.args, {
    ...command.options,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const guard = watchdog(postmaster);
  const urlOf = (database: string): string =>
    `postgresql://${SUPERUSER}:${password}@/${database}?host=${encodeURIComponent(socketDir)}`;
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> =>
    (stopping ??= stopped(postmaster, guard, socketDir === clusterDir ? null : socketDir));
  try {
    const version = await ready(postmaster, clusterDir, urlOf('postgres'));
    return { version, urlOf, stop };
  } catch (error) {
    await stop();
    throw new EmbeddedPostgresError(`PostgreSQL did not start: ${(error as Error).message}\n${await tailOf(logFile)}`);
  }
}

/** The password of the cluster, which is made first when there is none: beside it, then put in place whole. */
async function clusterPassword(binaries: PostgresBinaries, account: PostgresAccount, dataDir: string): Promise<string> {
  const passwordFile = join(dataDir, 'postgres-password');
  const clusterDir = join(dataDir, 'postgres');
  const known = await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch(() => null);
  if (known !== null) {
    return (await readFile(passwordFile, 'utf8')).trim();
  }
  const password = randomBytes(24).toString('base64url');
  const making = await mkdtemp(join(dataDir, 'postgres-making-'));
  try {
    await giveTo(account, making);
    const handedOver = join(making, 'password');
    await writeFile(handedOver, password, { mode: 0o600 });
    await giveTo(account, handedOver);
    const target = join(making, 'cluster');
    await initdb(binaries, account, [
      '-D',
      target,
      '-U',
      SUPERUSER,
      `--pwfile=${handedOver}`,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C',
    ]);
    await writeFile(passwordFile, password, { mode: 0o600 });
    await rename(target, clusterDir);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return password;
}

function initdb(binaries: PostgresBinaries, account: PostgresAccount, args: readonly string[]): Promise<void> {
  const command = asAccount(account, binaries.initdb, args);
  const child = spawn(command.program, command.args, { ...command.options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): string => (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      reject(new EmbeddedPostgresError(`initdb ended with ${code}. Set DATABASE_URL, or mend this:\n${output.trim()}`));
    });
  });
}

/** Where the socket lies: in the cluster's own private folder, or in a short one where the name would be too long. */
async function socketFolder(account: PostgresAccount, clusterDir: string): Promise<string> {
  if (Buffer.byteLength(clusterDir) <= SOCKET_DIR_MAX) return clusterDir;
  const folder = await mkdtemp(join(tmpdir(), 'echo-pg-'));
  await giveTo(account, folder);
  return folder;
}

/** Ends the postmaster when this process is gone, however it went: its end of the pipe closes with it. */
function watchdog(postmaster: ChildProcess): ChildProcess {
  const script = 'read _; kill -INT "$1"';
  const guard = spawn('/bin/sh', ['-c', script, 'sh', String(postmaster.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  postmaster.once('exit', () => guard.kill('SIGKILL'));
  return guard;
}

async function ready(postmaster: ChildProcess, clusterDir: string, url: string): Promise<string> {
  let failure: string | null = null;
  postmaster.once('error', (error) => (failure = error.message));
  postmaster.once('exit', (code, signal) => (failure = `it ended with ${signal ?? code}`));
  for (const deadline = Date.now() + START_MS; failure === null && Date.now() < deadline;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>('show server_version');
      // The folder may be another server's, which answers where ours could not start.
      if ((await pidIn(clusterDir)) === postmaster.pid) return rows[0]?.server_version ?? '';
    } catch {
      await new Promise((resolve) => setTimeout(resolve, CONNECT_PAUSE_MS));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new Error(failure ?? `it took no connections within ${START_MS / 1000} s`);
}

async function stopped(postmaster: ChildProcess, guard: ChildProcess, socketDir: string | null): Promise<void> {
  if (postmaster.pid !== undefined && postmaster.exitCode === null && postmaster.signalCode === null) {
    await new Promise<void>((resolve) => {
      postmaster.once('exit', () => resolve());
      postmaster.kill('SIGINT');
    });
  }
  guard.kill('SIGKILL');
  if (socketDir !== null) await rm(socketDir, { recursive: true, force: true });
}

async function tailOf(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  const lines = text.trim().split('\n').slice(-LOG_LINES);
  return `The last lines of ${logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}\nMend what they say, take another SUBSTRATE_DATA, or set DATABASE_URL.`;
}
