import { execFileSync, spawnSync } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { EmbeddedPostgresError } from './postgres-error.js';

/** The account that PostgreSQL runs under when we are root: it refuses to be root itself. */
const ACCOUNT = 'postgres';

/** How to start a PostgreSQL program: the words before its own, and its user. */
export interface PostgresAccount {
  readonly prefix: readonly string[];
  readonly ids: { readonly uid: number; readonly gid: number } | null;
}

/**
 * Finds how PostgreSQL can run here: as ourselves, or for root as an unprivileged user. That user often cannot enter the
 * folders of root's home; then it keeps the one capability that lets it (capabilities(7), CAP_DAC_OVERRIDE).
 * @throws EmbeddedPostgresError when there is no such user and none can be made, or when it cannot run the program
 */
export function postgresAccount(program: string, dataDir: string): PostgresAccount {
  if (process.getuid?.() !== 0) return { prefix: [], ids: null };
  const ids = accountIds() ?? makeAccount();
  const plain: PostgresAccount = { prefix: [], ids };
  if (canRun(plain, program, dataDir)) return plain;
  const user = ['--reuid', String(ids.uid), '--regid', String(ids.gid), '--clear-groups'];
  const keep = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
  const capable: PostgresAccount = { prefix: ['setpriv', ...user, ...keep, '--'], ids };
  if (canRun(capable, program, dataDir)) return capable;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and the user "${ACCOUNT}" cannot enter ${dataDir} or run ${program}. ` +
      `Run the server as an ordinary user, move the project out of root's home, or set DATABASE_URL.`,
  );
}

/** Gives a path to the account that PostgreSQL runs under. */
export async function giveTo({ ids }: PostgresAccount, path: string): Promise<void> {
  if (ids) await chown(path, ids.uid, ids.gid);
}

/** Program and arguments as the account runs them, and the options of `spawn`. */
export function asAccount({ prefix, ids }: PostgresAccount, program: string, args: readonly string[]) {
  const [first = program, ...rest] = [...prefix, program, ...args];
  // With a prefix, that program changes the user itself.
  return { program: first, args: rest, options: ids && prefix.length === 0 ? { ...ids } : {} };
}

function canRun(account: PostgresAccount, program: string, dataDir: string): boolean {
  const version = asAccount(account, program, ['--version']);
  const enter = asAccount(account, 'ls', ['-d', `${dataDir}/.`]);
  return [version, enter].every((c) => spawnSync(c.program, c.args, { ...c.options, stdio: 'ignore' }).status === 0);
}

function accountIds(): { uid: number; gid: number } | null {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, ACCOUNT], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}

function makeAccount(): { uid: number; gid: number } {
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', ACCOUNT], {
    stdio: 'ignore',
  });
  spawnSync('adduser', ['-S', '-D', '-H', ACCOUNT], { stdio: 'ignore' });
  const ids = accountIds();
  if (ids) return ids;
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and a user "${ACCOUNT}" is not there and cannot be made. Run the server as an ordinary user, or set DATABASE_URL.`,
  );
}
