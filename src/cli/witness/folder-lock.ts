import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../cli-error.js';

/** The right to use a witness's folder alone. */
export interface FolderLock {
  /** Pid of a witness that ended without giving the folder back, or null. */
  readonly stalePid: number | null;
  release(): Promise<void>;
}

const LOCK_FILE = 'witness.lock';
/** What the command line of a witness has in it. */
const PROGRAM = 'witness.js';

/**
 * Takes a folder for this process by a file with its pid; one that a crash left behind is taken over. It knows the processes of
 * its own machine, or container: two of them must not share the folder.
 * @throws CliError when another witness uses the folder
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK_FILE);
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${process.pid}\n`, { mode: 0o600 });
  try {
    // A link appears with its content, or not at all.
    let stalePid: number | null = null;
    if (!(await isLinked(draft, path))) {
      stalePid = await removeStale(folder, path);
      if (!(await isLinked(draft, path))) throw inUse(folder, await pidIn(path));
    }
    return { stalePid, release: () => rm(path, { force: true }) };
  } finally {
    await rm(draft, { force: true });
  }
}

async function isLinked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock of a process that has ended; answers its pid.
 * @throws CliError when it has not ended
 */
async function removeStale(folder: string, path: string): Promise<number | null> {
  const pid = await pidIn(path);
  if (pid !== null && (await isWitness(pid))) throw inUse(folder, pid);
  // Moved away and looked at again: another process may have taken the folder over meanwhile, and gets it back.
  const aside = `${path}.stale.${process.pid}`;
  if (!(await isMoved(path, aside))) return pid;
  const moved = await pidIn(aside);
  if (moved !== pid) await isLinked(aside, path);
  await rm(aside);
  if (moved !== pid) throw inUse(folder, moved);
  return pid;
}

async function isMoved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** The pid in a lock, or null when it is gone or a crash of the machine emptied it. */
async function pidIn(path: string): Promise<number | null> {
  const pid = Number((await readFile(path, 'utf8').catch(() => '')).trim());
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

/** Whether the process of that pid may be a witness; ours is none yet, and a pid is given again to other programs. */
async function isWitness(pid: number): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  return command === null || command.includes(PROGRAM);
}

function inUse(folder: string, pid: number | null): CliError {
  return new CliError(`${folder} is in use by a witness${pid === null ? '' : ` with pid ${pid}`}: stop it first`);
}
