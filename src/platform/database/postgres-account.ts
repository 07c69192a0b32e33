import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { EmbeddedPostgresError } from './postgres-error.js';

/** The account that PostgreSQL runs under when we are root: it refuses to be root itself. */
const ACCOUNT = 'postgres';
/** Capabilities that let a process enter folders of others, the lesser first; containers often grant only the second. */
const ENTERING = ['dac_read_search', 'dac_override'] as const;
/** Without it access(2), which initdb asks about its programs, takes no account of capabilities (capabilities(7)). */
const ACCESS_TOO = ['--securebits', '+no_setuid_fixup'] as const;
/** The variables that PostgreSQL gets: it needs no more, and ours hold secrets that its files could show. */
const PASSED_ON = ['PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'SystemRoot', 'TEMP', 'TMP'] as const;

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** How to start a PostgreSQL program: the words before its own, and its user. */
export interface PostgresAccount {
  readonly prefix: readonly string[];
  /** Null: as ourselves. */
  readonly ids: Ids | null;
  /** The version of the program that it was found with, such as `18.4`. */
  readonly version: string;
}

/**
 * Finds how PostgreSQL can run here: as ourselves, or for root as the owner of the cluster or else the user `postgres`.
 * That user often cannot enter the folders of root's home; then it keeps the one capability that lets it
 * (capabilities(7), CAP_DAC_READ_SEARCH).
 * @throws EmbeddedPostgresError when there is no such user and none can be made, or when it cannot run the program
 */
export function postgresAccount(program: string, dataDir: string, clusterDir: string): PostgresAccount {
  if (process.getuid?.() !== 0) {
    const own = tried({ prefix: [], ids: null }, program, dataDir);
    if (typeof own !== 'string') return own;
    throw new EmbeddedPostgresError(
      `${program} does not run here: ${own}. It needs glibc on Linux and a complete npm ci. Mend that, or set DATABASE_URL.`,
    );
  }
  const ids = ownerOf(clusterDir) ?? accountIds() ?? makeAccount();
  const plain = tried({ prefix: [], ids }, program, dataDir);
  if (typeof plain !== 'string') return plain;
  const user = ['--reuid', String(ids.uid), '--regid', String(ids.gid), '--clear-groups'];
  for (const capability of ENTERING) {
    const keep = ['--inh-caps', `+${capability}`, '--ambient-caps', `+${capability}`];
    const capable = tried({ prefix: ['setpriv', ...user, ...keep, ...ACCESS_TOO, '--'], ids }, program, dataDir);
    if (typeof capable !== 'string') return capable;
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and the user with id ${ids.uid} cannot run ${program} or enter ${dataDir}: ${plain}. ` +
      `Run the server as an ordinary user, move the project out of root's home, or set DATABASE_URL.`,
  );
}

/**
 * Gives a path to the account that PostgreSQL runs under.
 * @throws EmbeddedPostgresError on a file system that does not allow it
 */
export async function giveTo({ ids }: PostgresAccount, path: string): Promise<void> {
  if (!ids) return;
  try {
    await chown(path, ids.uid, ids.gid);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `${path} cannot be given to the user with id ${ids.uid}, whom PostgreSQL runs as. ` +
        `Run the server as an ordinary user, set SUBSTRATE_DATA to a folder on a local disk, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Program, arguments and options of `spawn` with which the account runs something; `env` is added to its environment. */
export function commandAs({ prefix, ids }: Omit<PostgresAccount, 'version'>, words: readonly string[], env = {}) {
  const [program = '', ...args] = [...prefix, ...words];
  const passedOn = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    program,
    args,
    options: {
      env: { ...Object.fromEntries(passedOn), LC_ALL: 'C', ...env } as NodeJS.ProcessEnv,
      windowsHide: true,
      // With a prefix, that program changes the user itself.
      ...(ids && prefix.length === 0 ? ids : {}),
    },
  };
}

/** The account with the program's version, or in words why it cannot run the program or enter the folder. */
function tried(account: Omit<PostgresAccount, 'version'>, program: string, dataDir: string): PostgresAccount | string {
  const run = (words: readonly string[]) => {
    const { program: first, args, options } = commandAs(account, words);
    return spawnSync(first, args, { ...options, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const { status, stdout, stderr, error } = run([program, '--version']);
  const version = /(\d+(\.\d+)*)/.exec(stdout ?? '')?.[1];
  if (status !== 0 || version === undefined) return error?.message ?? stderr.trim();
  if (account.ids) {
    const entered = run(['ls', '-d', `${dataDir}/.`]);
    if (entered.status !== 0) return entered.error?.message ?? entered.stderr.trim();
  }
  return { ...account, version };
}

/** The owner of a cluster that is there already, unless it is root. */
function ownerOf(clusterDir: string): Ids | null {
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : null;
}

function accountIds(): Ids | null {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, ACCOUNT], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

function makeAccount(): Ids {
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', ACCOUNT];
  spawnSync('useradd', options, { stdio: 'ignore' });
  const ids = accountIds();
  if (ids) return ids;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and a user "${ACCOUNT}" is not there and cannot be made. ` +
      `Run the server as an ordinary user, make one with useradd --system ${ACCOUNT}, or set DATABASE_URL.`,
  );
}
