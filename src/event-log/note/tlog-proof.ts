import { hashLines, parseHashLines } from './hash-lines.js';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
/** Lines of a proof, at most: a tree of 2^53 leaves is as high. */
const HASHES_MAX = 53;

/** Proof that an entry is in a log (C2SP tlog-proof). */
export interface TlogProof {
  /** From 0: an event's id less one. */
  readonly index: number;
  /** From the leaf's sibling up to the root's child (RFC 9162, section 2.1.3). */
  readonly hashes: readonly Buffer[];
  /** The checkpoint as a signed note. */
  readonly checkpoint: string;
}

/** A proof as text. */
export function tlogProofText({ index, hashes, checkpoint }: TlogProof): string {
  return `${FIRST_LINE}\nindex ${index}\n${hashLines(hashes)}\n${checkpoint}`;
}

/** Reads a proof; null when it is none. An `extra` line is passed over: nobody vouches for it. */
export function parseTlogProof(text: string): TlogProof | null {
  const match =
    /^c2sp\.org\/tlog-proof@v1\n(?:extra [^\n]*\n)?index (0|[1-9]\d{0,15})\n((?:[^\n]+\n)*)\n([\s\S]+)$/.exec(text);
  const [, digits = '', lines = '', checkpoint = ''] = match ?? [];
  const [index, hashes] = [Number(digits), parseHashLines(lines)];
  if (!match || !hashes || hashes.length > HASHES_MAX || !Number.isSafeInteger(index)) return null;
  return { index, hashes, checkpoint };
}
