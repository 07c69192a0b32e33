import { execFileSync } from 'node:child_process';
import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './postgres-error.js';

/** How long a server on the folder may take to begin its stop, in ms: after a crash of ours the watchdog ends it. */
const BEGIN_STOP_MS = 1_000;
/** How long a server that is stopping may still take, in ms: it writes a checkpoint. */
const STOPPING_MS = 30_000;
/** Pause between two looks, in ms. */
const LOOK_MS = 50;
/** Where `postmaster.pid` has the server's state (miscadmin.h, LOCK_FILE_LINE_PM_STATUS), counted from 0. */
const STATUS_LINE = 7;

/** The pid in a cluster's `postmaster.pid`, or null. */
export async function pidIn(clusterDir: string): Promise<number | null> {
  return (await lockIn(clusterDir))?.pid ?? null;
}

/**
 * Waits for a server that is just stopping, and answers the pid of a `postmaster.pid` that a crash left behind when that
 * pid belongs to another program by now. PostgreSQL is told of it by PG_GRANDPARENT_PID, the pid that it takes for stale:
 * so the file stays in place, with what PostgreSQL checks in it to keep two servers off one folder.
 * @throws EmbeddedPostgresError when a server really runs on the folder and goes on running
 */
export async function stalePid(clusterDir: string): Promise<number | null> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, LOOK_MS))) {
    const lock = await lockIn(clusterDir);
    if (lock === null || !isRunning(lock.pid)) return null;
    if (!(await isServerOf(lock.pid, clusterDir))) return lock.pid;
    if (Date.now() - since > (lock.status === 'stopping' ? STOPPING_MS : BEGIN_STOP_MS)) {
      throw inUse(lock.pid, clusterDir);
    }
  }
}

/**
 * For a start that failed: whether another server got hold of the folder.
 * @throws EmbeddedPostgresError when it did
 */
export async function refuseIfInUse(clusterDir: string): Promise<void> {
  const pid = await pidIn(clusterDir);
  if (pid !== null && isRunning(pid) && (await isServerOf(pid, clusterDir))) throw inUse(pid, clusterDir);
}

function inUse(pid: number, clusterDir: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `a PostgreSQL with pid ${pid} runs on ${clusterDir}: another server uses this folder. ` +
      `Stop it, set another SUBSTRATE_DATA, or set DATABASE_URL to a PostgreSQL that both share.`,
  );
}

async function lockIn(clusterDir: string): Promise<{ pid: number; status: string } | null> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[STATUS_LINE] ?? '').trim() } : null;
}

/** Whether there is a process of that pid that may be ours; PostgreSQL too takes a foreign user's for stale. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Whether the process of that pid is a PostgreSQL on this folder; in doubt it is. */
async function isServerOf(pid: number, clusterDir: string): Promise<boolean> {
  const workingFolder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  // A postmaster works in its data folder.
  if (workingFolder !== null) return workingFolder === (await realpath(clusterDir));
  const command = await commandOf(pid);
  return command === null || (command.includes('postgres') && command.includes(clusterDir));
}

/** A process's command line; empty when it has ended and only its parent has not noticed, null when it cannot be seen. */
async function commandOf(pid: number): Promise<string | null> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return commandByPs(pid);
  }
}

function commandByPs(pid: number): string | null {
  try {
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
}
