import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../durable-file.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { commandAs, giveTo, type PostgresAccount } from './postgres-account.js';
import { EmbeddedPostgresError } from './postgres-error.js';

/** The superuser of a cluster. */
export const SUPERUSER = 'echo';

/** File in the cluster with the superuser's password. */
const PASSWORD_FILE = 'substrate-password';
/** Random bytes of a password. */
const PASSWORD_BYTES = 24;
/** Folders that clusters are made in, beside their place. */
const MAKING = 'postgres-making-';
/** Age at which such a folder was left behind by a crash, in ms; making a cluster takes seconds. */
const ABANDONED_MS = 600_000;
/** First major version whose own UTF-8 locale needs none of the system's. */
const BUILTIN_LOCALE_SINCE = 17;

/** Where and by whom a cluster is made. */
export interface ClusterPlace {
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
  readonly dataDir: string;
  readonly clusterDir: string;
  /** Whether files reach the disk before the cluster is used; only for clusters that nobody keeps may it be false. */
  readonly isSynced: boolean;
}

/**
 * The superuser's password of a cluster. When there is none, one is made beside its place and put there whole, with its
 * password: a crash leaves no half of it, and of two processes that make one the later takes the earlier's.
 * @throws EmbeddedPostgresError when it cannot be made, or what is there is none of ours
 */
export async function openCluster(place: ClusterPlace): Promise<string> {
  if (!(await exists(place.clusterDir))) await makeCluster(place);
  const file = join(place.clusterDir, PASSWORD_FILE);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new EmbeddedPostgresError(
      `the password of the database cannot be read: ${error instanceof Error ? error.message : String(error)}. ` +
        `Run the server as the owner of ${place.clusterDir}, put the file back, move the folder away to begin anew, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

async function makeCluster(place: ClusterPlace): Promise<void> {
  const { account, dataDir, clusterDir, isSynced } = place;
  await removeAbandoned(dataDir);
  const making = await mkdtemp(join(dataDir, MAKING));
  try {
    await giveTo(account, making);
    const password = join(making, 'password');
    await writeFile(password, randomBytes(PASSWORD_BYTES).toString('base64url'), { mode: 0o600, flush: isSynced });
    await giveTo(account, password);
    const target = join(making, 'cluster');
    await initdb(place, target, password);
    await rename(password, join(target, PASSWORD_FILE));
    if (isSynced) await syncFolder(target);
    await rename(target, clusterDir).catch(async (error: unknown) => {
      // Another process was earlier by a moment: its cluster is as good.
      if (!(await exists(clusterDir))) throw error;
    });
    if (isSynced) await syncFolder(dataDir);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** Same order of texts and same letters with every version and on every system: by code points of UTF-8. */
function locale({ version }: PostgresAccount): string[] {
  const isBuiltin = Number.parseInt(version, 10) >= BUILTIN_LOCALE_SINCE;
  return ['--locale=C', ...(isBuiltin ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [])];
}

function initdb({ binaries, account, isSynced }: ClusterPlace, target: string, passwordFile: string): Promise<void> {
  const entry = ['-U', SUPERUSER, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256'];
  const words = [binaries.initdb, '-D', target, ...entry, '-E', 'UTF8', ...locale(account)];
  const command = commandAs(account, [...words, '--data-checksums', ...(isSynced ? [] : ['--no-sync'])]);
  const child = spawn(command.program, command.args, { ...command.options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): string => (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      reject(
        new EmbeddedPostgresError(
          `initdb ended with ${signal ?? code}. Mend what it says, set another SUBSTRATE_DATA, or set DATABASE_URL:\n${output.trim()}`,
        ),
      );
    });
  });
}

async function removeAbandoned(dataDir: string): Promise<void> {
  const names = (await readdir(dataDir)).filter((name) => name.startsWith(MAKING));
  for (const path of names.map((name) => join(dataDir, name))) {
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
