import { CompactRange } from '../../event-log/chain.js';
import { readNotes } from '../../event-log/anchoring/checkpoint-file.js';
import { signedCheckpoint } from '../../event-log/anchoring/file-sink.js';
import { readHistory } from '../../event-log/anchoring/log-history.js';
import type { Checkpoint } from '../../event-log/note/checkpoint.js';
import type { SigningKey } from '../../event-log/note/vkey.js';
import { isAbandoned } from '../../event-log/verification/succession.js';
import { createClient } from '../../platform/database/client.js';
import { CliError } from '../cli-error.js';

/** Hashes that are read at a time. */
const HASHES_AT_ONCE = 50_000;

/** A checkpoint as it was kept. */
export interface KeptCheckpoint {
  readonly note: string;
}

/** What was signed and is not there any more. */
export interface Loss {
  /** The newest checkpoint that does not fit the log. */
  readonly abandoned: Checkpoint & KeptCheckpoint;
  /** The log as it is. */
  readonly restored: Pick<Checkpoint, 'size' | 'root'>;
  /** Events that are the same in both, as far as checkpoints tell. */
  readonly forkSize: number;
}

/** The checkpoints of some files; null for a file that is not configured. @throws CliError when none names this log */
export async function keptCheckpoints(paths: readonly (string | null)[], origin: string): Promise<KeptCheckpoint[]> {
  const notes = (await Promise.all(paths.filter((path) => path !== null).map(readNotes))).flat();
  const ours = notes.filter((note) => note.startsWith(`${origin}\n`));
  if (ours.length === 0)
    throw new CliError(`no checkpoint of ${origin} was found: set CHECKPOINT_FILE or give --checkpoint FILE`);
  return ours.map((note) => ({ note }));
}

/**
 * Compares a log with checkpoints that were kept of it; null: it goes on from all of them.
 * @throws CliError when our key is not the log's, or the newest one that does not fit is signed by another key than ours
 */
export async function findLoss(
  databaseUrl: string,
  kept: readonly KeptCheckpoint[],
  key: SigningKey,
): Promise<Loss | null> {
  const client = createClient(databaseUrl, 'audit');
  await client.connect();
  try {
    const history = await readHistory(async (sql) => (await client.query<never>(sql)).rows);
    if (history?.key?.text !== key.verifier.text)
      throw new CliError(`LOG_SIGNING_KEY is not the key of this log, which is ${history?.key?.text ?? 'none'}`);
    const keys = history.keys.map((entry) => entry.key);
    const signed = kept.flatMap(({ note }) => {
      const checkpoint = signedCheckpoint(note, keys);
      return checkpoint && !isAbandoned(checkpoint.size, history.recoveries) ? [{ ...checkpoint, note }] : [];
    });
    const { range, roots } = await rootsAt(client, new Set(signed.map(({ size }) => size)));
    const strangers = signed.filter(({ size, root }) => roots.get(size)?.equals(root) !== true);
    const abandoned = strangers.reduce<(typeof signed)[number] | null>((a, b) => (a && a.size >= b.size ? a : b), null);
    if (!abandoned) return null;
    if (!signedCheckpoint(abandoned.note, [key.verifier]))
      throw new CliError('the newest checkpoint that does not fit was signed by an earlier key of the log');
    const smallest = Math.min(...strangers.map(({ size }) => size));
    const fitting = signed.filter(({ size }) => size < smallest).map(({ size }) => size);
    const forkSize = smallest > range.size ? range.size : Math.max(0, ...fitting);
    return { abandoned, restored: { size: range.size, root: range.root() }, forkSize };
  } finally {
    await client.end();
  }
}

/** The roots of the log at some sizes, from its hashes. */
async function rootsAt(
  client: ReturnType<typeof createClient>,
  sizes: ReadonlySet<number>,
): Promise<{ range: CompactRange; roots: Map<number, Buffer> }> {
  const range = CompactRange.empty();
  const roots = new Map<number, Buffer>();
  for (;;) {
    const { rows } = await client.query<{ hash: Buffer }>(
      'select hash from event_log where id > $1 and id <= $1 + $2 order by id',
      [range.size, HASHES_AT_ONCE],
    );
    if (rows.length === 0) return { range, roots };
    for (const { hash } of rows) {
      range.append(hash);
      if (sizes.has(range.size)) roots.set(range.size, range.root());
    }
  }
}
