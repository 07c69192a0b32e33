import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Socket } from 'node:net';
import type { PostgresBinaries } from './postgres-binaries.js';
import { commandAs, type PostgresAccount } from './postgres-account.js';

/** Longest wait for a stop in order, in ms; then the server is ended at once and recovers at its next start. */
const STOP_MS = 60_000;
/**
 * The shell becomes PostgreSQL and leaves a watchdog behind, which reads from a pipe that this process holds. A line says
 * that PostgreSQL has ended; the pipe's end without one says that this process is gone, however it went.
 */
const WATCHED = '( (read -r _ <&3 || kill -INT $$) </dev/null >/dev/null 2>&1 & ); exec "$@" 3<&-';

/** A PostgreSQL server that this process started. */
export interface Postmaster {
  readonly pid: number | undefined;
  /** How it ended, in words; null while it runs. */
  ending(): string | null;
  /** Ends it in order and waits: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

/** What to start and how. */
export interface PostmasterOptions {
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
  readonly clusterDir: string;
  /** File that takes the server's own log; it is appended to. */
  readonly logFile: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a server on a cluster. It is in a session of its own: a Ctrl-C is for this process, which finishes what it
 * accepted before it stops its database. Where there is a shell, it is ended when this process is gone.
 */
export function startPostmaster(options: PostmasterOptions): Postmaster {
  const { binaries, account, clusterDir, logFile, settings, env } = options;
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const words = [binaries.postgres, '-D', clusterDir, ...flags];
  const isWatched = process.platform !== 'win32';
  const command = commandAs(account, isWatched ? ['/bin/sh', '-c', WATCHED, 'sh', ...words] : words, env);
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(command.program, command.args, {
    ...command.options,
    detached: true,
    stdio: ['ignore', log, log, isWatched ? 'pipe' : 'ignore'],
  });
  closeSync(log);
  const watchdog = child.stdio[3] instanceof Socket ? child.stdio[3] : null;
  watchdog?.on('error', () => undefined).unref();
  let ending: string | null = null;
  const ended = new Promise<void>((resolve) => {
    const end = (how: string) => () => {
      ending ??= how;
      watchdog?.end('ended\n');
      resolve();
    };
    child.once('error', (error) => end(error.message)());
    child.once('exit', (code, signal) => end(`it ended with ${signal ?? code}`)());
  });
  let stopping: Promise<void> | null = null;
  return {
    pid: child.pid,
    ending: () => ending,
    stop: () => (stopping ??= ending === null ? stopInOrder(child, ended, options) : Promise.resolve()),
  };
}

async function stopInOrder(child: ChildProcess, ended: Promise<void>, options: PostmasterOptions): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
  if (process.platform === 'win32') stopOnWindows(options);
  else child.kill('SIGINT');
  await ended;
  clearTimeout(timer);
}

/** Windows knows no signals: its servers are told by `pg_ctl`. */
function stopOnWindows({ binaries, account, clusterDir }: PostmasterOptions): void {
  const pgCtl = join(dirname(binaries.postgres), 'pg_ctl.exe');
  const command = commandAs(account, [pgCtl, 'stop', '-D', clusterDir, '-m', 'fast', '-W']);
  spawn(command.program, command.args, { ...command.options, stdio: 'ignore' }).on('error', () => undefined);
}
