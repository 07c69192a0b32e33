import { parseArgs } from 'node:util';
import { CliError } from '../cli-error.js';

export const VERIFY_HELP = `Usage: npm run verify -- (--export FILE | --tiles DIR | --database URL) [options]   (or: echo-substrate-verify …)

Verifies a log without trusting the server that wrote it: each event has its hash and its place, each names the hash of the one
before, and the whole is what checkpoints and receipts were made of that somebody kept.

  --export FILE          the log, as GET /api/v1/audit/export answers it; - is standard input
  --tiles DIR            a mirror of the log's tiles, as npm run mirror makes it; the checkpoints in it count as well
  --database URL         the log where it stands, read by a role that may only read, while the server goes on writing. Also
                         compares every row of the derived tables with the log, both ways, and looks at triggers, rights and
                         indexes. DATABASE_URL in the environment stands for a URL of -, which keeps a password off the screen
  --vkey STRING|FILE     the log's verifier key, as GET /api/v1/audit/key answers it; may be given several times
  --checkpoint FILE      signed checkpoints of any age, one or many in a file; may be given several times
  --receipt FILE         a receipt of an event (C2SP tlog-proof); may be given several times
  --no-anchor            verify without key and checkpoint: finds edits, gaps and broken links, but neither a cut end nor a
                         history that was written anew
  --json                 the result as one JSON document on standard output
  --help                 this text

Exit codes: 0 everything holds; 1 tampered, with the first bad event and the kind of tampering; 2 it could not be verified:
nothing to compare it with, a signature by another key, a file that cannot be read.
`;

/** Where the log is. */
export type Source =
  | { readonly kind: 'export'; readonly path: string }
  | { readonly kind: 'tiles'; readonly dir: string }
  | { readonly kind: 'database'; readonly url: string };

/** What to verify, and against what. */
export interface VerifyOptions {
  readonly source: Source;
  readonly vkeys: readonly string[];
  readonly checkpointFiles: readonly string[];
  readonly receiptFiles: readonly string[];
  readonly anchored: boolean;
  readonly json: boolean;
}

/**
 * Reads the command line; null when help was asked for.
 * @throws CliError naming what is wrong
 */
export function readVerifyOptions(args: readonly string[]): VerifyOptions | null {
  const values = parse(args);
  if (values.help === true) return null;
  const { vkey = [], checkpoint = [], receipt = [] } = values;
  const source = sourceOf(values);
  const anchored = values['no-anchor'] !== true;
  // A mirror brings its own checkpoint along.
  const anchors = checkpoint.length + receipt.length + (source.kind === 'tiles' ? 1 : 0);
  if (!anchored && checkpoint.length + receipt.length > 0)
    throw new CliError('--no-anchor goes with neither --checkpoint nor --receipt');
  if (anchored && (vkey.length === 0 || anchors === 0)) {
    throw new CliError(
      'nothing to compare the log with: give --vkey and --checkpoint (or --receipt) that you kept, or ask for less with --no-anchor',
    );
  }
  return {
    source,
    vkeys: vkey,
    checkpointFiles: checkpoint,
    receiptFiles: receipt,
    anchored,
    json: values.json ?? false,
  };
}

function sourceOf(given: { export?: string; tiles?: string; database?: string }): Source {
  const { export: path, tiles: dir, database: url } = given;
  const sources: Source[] = [
    ...(path === undefined ? [] : [{ kind: 'export', path } as const]),
    ...(dir === undefined ? [] : [{ kind: 'tiles', dir } as const]),
    ...(url === undefined ? [] : [{ kind: 'database', url: url === '-' ? urlOfEnvironment() : url } as const]),
  ];
  const [source, ...more] = sources;
  if (!source || more.length > 0)
    throw new CliError('which log? Give one of --export FILE, --tiles DIR and --database URL (see --help)');
  return source;
}

function urlOfEnvironment(): string {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new CliError('--database -: DATABASE_URL is not set');
  return url;
}

function parse(args: readonly string[]) {
  const several = { type: 'string', multiple: true } as const;
  try {
    const options = {
      export: { type: 'string' },
      tiles: { type: 'string' },
      database: { type: 'string' },
      vkey: several,
      checkpoint: several,
      receipt: several,
      'no-anchor': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}
