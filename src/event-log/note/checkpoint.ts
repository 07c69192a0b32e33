import { HASH_BYTES } from '../chain.js';

/** What a checkpoint says (C2SP tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  readonly root: Buffer;
}

/**
 * The text of a checkpoint: origin, number of leaves and root hash, one a line. A signature covers exactly this text,
 * its last line end included.
 */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Reads the text of a checkpoint; null when it is none. Lines behind the third are extensions and are passed over. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const [, origin, digits, base64] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/=]+)\n/.exec(text) ?? [];
  if (origin === undefined || digits === undefined || base64 === undefined) return null;
  const [size, root] = [Number(digits), Buffer.from(base64, 'base64')];
  const isPlain = Number.isSafeInteger(size) && root.length === HASH_BYTES && root.toString('base64') === base64;
  return isPlain ? { origin, size, root } : null;
}
