import { parseArgs } from 'node:util';
import { CliError } from '../cli-error.js';
import { readVerifyOptions, type VerifyOptions } from '../verify/options.js';

export const REBUILD_HELP = `Usage: npm run rebuild -- --export FILE [options]

Makes an empty database's tables from an exported log: the log itself, and every row that follows from it. The log is verified on the
way, against key and checkpoints; nothing is written unless it holds. In the end the tables are compared with it once more. The database
is DATABASE_URL of the environment or .env; without it, the embedded one of SUBSTRATE_DATA, whose server must be stopped.

  --export FILE          the log, as GET /api/v1/audit/export answers it
  --vkey STRING|FILE     the log's verifier key; may be given several times
  --checkpoint FILE      signed checkpoints, one or many in a file; may be given several times
  --no-anchor            without key and checkpoint
  --activate USERNAME    a token with which this user may set a password, printed once
  --json                 the result as one JSON document on standard output
  --help                 this text

What is no part of the log is not there afterwards: passwords, keys of agents, sessions, idempotency keys, and texts kept beside the
log. A maintainer who got in by --activate resets the other users; agents get new keys (POST /agents/:id/keys).

Exit codes: 0 rebuilt, and the tables are what the log says; 1 the log does not hold, and nothing was rebuilt; 2 it could not be done.
`;

/** What to rebuild from, and for whom. */
export interface RebuildOptions extends VerifyOptions {
  readonly file: string;
  readonly activate: string | null;
}

/** Reads the command line; null when help was asked for. @throws CliError naming what is wrong */
export function readRebuildOptions(args: readonly string[]): RebuildOptions | null {
  const at = args.indexOf('--activate');
  const rest = at < 0 ? args : args.filter((_, i) => i !== at && i !== at + 1);
  const activate = at < 0 ? null : (args[at + 1] ?? null);
  if (at >= 0 && (activate === null || activate.startsWith('-')))
    throw new CliError('--activate needs a USERNAME (see --help)');
  if (parseArgs({ args: [...rest], strict: false }).values['help'] === true) return null;
  const options = readVerifyOptions(rest);
  if (options?.source.kind !== 'export') throw new CliError('which log? Give --export FILE (see --help)');
  return { ...options, file: options.source.path, activate };
}
