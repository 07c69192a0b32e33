import { execFileSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresError } from './postgres-error.js';

/** How long a server that is just stopping may still take, in ms: after a crash the watchdog ends it. */
const STOPPING_MS = 8_000;
/** Pause between two looks, in ms. */
const LOOK_MS = 100;

/** The pid in a cluster's `postmaster.pid`, or null. */
export async function pidIn(clusterDir: string): Promise<number | null> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

/**
 * Removes a `postmaster.pid` that a crash left behind, also when its pid belongs to another program by now.
 * @throws EmbeddedPostgresError when a server really runs on the folder and goes on running
 */
export async function clearStalePid(clusterDir: string): Promise<void> {
  for (const deadline = Date.now() + STOPPING_MS; ;) {
    const pid = await pidIn(clusterDir);
    if (pid === null || !isServerOf(pid, clusterDir)) break;
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `a PostgreSQL with pid ${pid} runs on ${clusterDir}: another server uses this folder. Stop it, set another SUBSTRATE_DATA, or give both one DATABASE_URL.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await rm(join(clusterDir, 'postmaster.pid'), { force: true });
}

/** Whether the process of that pid is a PostgreSQL on this folder. */
function isServerOf(pid: number, clusterDir: string): boolean {
  try {
    const command = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return command.includes('postgres') && command.includes(clusterDir);
  } catch {
    return false;
  }
}
