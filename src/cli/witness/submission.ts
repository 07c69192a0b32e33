import { verify } from 'node:crypto';
import { CompactRange } from '../../event-log/chain.js';
import { isConsistent } from '../../event-log/merkle/tree.js';
import { parseAddCheckpoint } from '../../event-log/note/add-checkpoint.js';
import { parseCheckpoint, type Checkpoint } from '../../event-log/note/checkpoint.js';
import { noteText, parseNote, signaturesOf, type Note } from '../../event-log/note/note.js';
import type { VerifierKey } from '../../event-log/note/vkey.js';
import type { Remembered } from './memory.js';

/** A checkpoint that its log signed, and the proof that came with it. */
export interface Submission {
  readonly checkpoint: Checkpoint;
  /** The text of the checkpoint and the log's own signatures; those of others are left out. */
  readonly note: Note;
  readonly oldSize: number;
  readonly proof: readonly Buffer[];
}

/** Why a checkpoint is not cosigned (C2SP tlog-witness, "add-checkpoint"). */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 409 | 422;
  readonly reason: string;
  /** Which checkpoint, as far as it could be read; null: not at all. */
  readonly checkpoint: Checkpoint | null;
  /** The size that is remembered, where the old size was another; else null. */
  readonly size: number | null;
  /** Two notes that the log signed and that contradict each other; else empty. */
  readonly evidence: readonly string[];
}

/** What is known of a log before its first checkpoint. */
const NOTHING = { size: 0, root: CompactRange.empty().root() };

/** Reads a request and checks what can be checked without memory: its form, whose log it is, and the log's signature. */
export function readSubmission(body: string, logs: ReadonlyMap<string, readonly VerifierKey[]>): Submission | Refusal {
  const request = parseAddCheckpoint(body);
  const note = request && parseNote(request.checkpoint);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!checkpoint) return refusal(400, 'this is no add-checkpoint request', null);
  const keys = logs.get(checkpoint.origin);
  if (!keys) return refusal(404, 'this log is not watched here', checkpoint);
  const own = signedBy(note, keys);
  if (!own) return refusal(403, 'no signature of the log, or one that does not hold', checkpoint);
  const { oldSize, proof } = request;
  if (oldSize > checkpoint.size) return refusal(400, `the old size ${oldSize} is above the checkpoint's`, checkpoint);
  return { checkpoint, note: own, oldSize, proof };
}

/** Why a checkpoint does not follow on what is remembered of its log, or null when it does. */
export function refusalOf(submission: Submission, remembered: Remembered | null): Refusal | null {
  const { checkpoint, note, oldSize, proof } = submission;
  const known = remembered ?? NOTHING;
  if (oldSize !== known.size) {
    const reason = `the old size is ${oldSize}, and ${known.size} is remembered`;
    return { ...refusal(409, reason, checkpoint), size: known.size };
  }
  if (checkpoint.size === known.size && !checkpoint.root.equals(known.root)) {
    const evidence = remembered ? [remembered.note, noteText(note)] : [];
    return { ...refusal(409, 'another root at the size that is remembered: the log is forked', checkpoint), evidence };
  }
  return isConsistent(known, checkpoint, proof)
    ? null
    : refusal(422, `the proof does not lead here from size ${known.size}`, checkpoint);
}

/**
 * The note with the signatures of these keys alone. Null when there is none, and also when one of them does not hold: the
 * specification has a note thrown away that somebody tampered with.
 */
function signedBy(note: Note, keys: readonly VerifierKey[]): Note | null {
  const claims = keys.flatMap((key) => signaturesOf(note, key).map((signature) => ({ key, signature })));
  const hold = claims.every(({ key, signature }) =>
    verify(null, Buffer.from(note.text), key.publicKey, signature.bytes),
  );
  return hold && claims.length > 0 ? { ...note, signatures: claims.map(({ signature }) => signature) } : null;
}

function refusal(status: Refusal['status'], reason: string, checkpoint: Checkpoint | null): Refusal {
  return { status, reason, checkpoint, size: null, evidence: [] };
}
