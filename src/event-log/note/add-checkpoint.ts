import { hashLines, parseHashLines } from './hash-lines.js';
import { NOTE_BYTES_MAX } from './note.js';

/** What a log hands to a witness (C2SP tlog-witness, "add-checkpoint"). */
export interface AddCheckpoint {
  /** Size of the checkpoint that the witness cosigned last, 0 for none. */
  readonly oldSize: number;
  /** Proof of consistency from that size to the checkpoint's (RFC 9162, section 2.1.4). */
  readonly proof: readonly Buffer[];
  /** The checkpoint as a signed note. */
  readonly checkpoint: string;
}

/** Lines of a proof, at most (C2SP tlog-witness). */
export const PROOF_LINES_MAX = 63;

/** Bytes of the line `old <size>` with a size of 16 digits, of the lines of a proof, and of the blank line, at most. */
const LINES_BYTES_MAX = 'old 9007199254740991\n'.length + PROOF_LINES_MAX * 45 + 1;

/** Largest request, in bytes of UTF-8. */
export const ADD_CHECKPOINT_BYTES_MAX = LINES_BYTES_MAX + NOTE_BYTES_MAX;

/** Media type of the size that a witness answers, with status 409, to an old size that is not the one it remembers. */
export const SIZE_MEDIA_TYPE = 'text/x.tlog.size';

/**
 * A request as text.
 * @throws RangeError when the proof has more lines than a witness takes
 */
export function addCheckpointText({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  if (proof.length > PROOF_LINES_MAX) throw new RangeError(`a proof of ${proof.length} lines`);
  return `old ${oldSize}\n${hashLines(proof)}\n${checkpoint}`;
}

/** Reads a request; null when it is none. Whether the checkpoint is one is for whoever has the log's keys. */
export function parseAddCheckpoint(text: string): AddCheckpoint | null {
  const match = /^old (0|[1-9]\d{0,15})\n((?:[^\n]+\n)*)\n([\s\S]+)$/.exec(text);
  const [, digits = '', lines = '', checkpoint = ''] = match ?? [];
  const [oldSize, proof] = [Number(digits), parseHashLines(lines)];
  if (!match || !proof || proof.length > PROOF_LINES_MAX || !Number.isSafeInteger(oldSize)) return null;
  return { oldSize, proof, checkpoint };
}
