import type { Anchors, CheckpointAnchor, ReceiptAnchor } from '../../event-log/verification/log-walk.js';
import { notesIn } from '../../event-log/anchoring/checkpoint-file.js';
import { parseCheckpoint } from '../../event-log/note/checkpoint.js';
import { parseNote } from '../../event-log/note/note.js';
import { parseTlogProof } from '../../event-log/note/tlog-proof.js';
import { isSignedBy, type VerifierKey } from '../../event-log/note/vkey.js';
import { CliError } from '../cli-error.js';
import { givenLogKey, readNoteFile } from '../note-file.js';
import type { VerifyOptions } from './options.js';

/** Largest file with many checkpoints, in bytes: a year of one each ten seconds. */
const CHECKPOINTS_BYTES_MAX = 1024 * 1024 * 1024;
/** Bytes of an Ed25519 signature (RFC 8032). */
const ED25519_BYTES = 64;

/**
 * Reads keys, checkpoints and receipts, and checks every signature.
 * @param further files with checkpoints, beside those that were given
 * @throws CliError (exit 2) when a file cannot be read, is not what it should be, or bears no signature of the keys
 */
export function readAnchors(
  { vkeys, checkpointFiles, receiptFiles }: VerifyOptions,
  further: readonly string[] = [],
): Anchors {
  const keys = vkeys.map((given) => givenLogKey('--vkey', given));
  return {
    vkeys: keys.map(({ text }) => text),
    checkpoints: [...checkpointFiles, ...further].flatMap((path) => readCheckpoints(path, keys)),
    receipts: receiptFiles.map((path) => readReceipt(path, keys)),
  };
}

function readReceipt(path: string, keys: readonly VerifierKey[]): ReceiptAnchor {
  const receipt = parseTlogProof(readNoteFile(path));
  if (!receipt) throw new CliError(`${path} is no receipt (C2SP tlog-proof)`);
  const anchor = signedCheckpoint(path, receipt.checkpoint, keys);
  if (receipt.index >= anchor.size) throw new CliError(`${path} is of an event that its checkpoint does not cover`);
  return { ...anchor, index: receipt.index, proof: receipt.hashes };
}

/** One checkpoint, or the many of a file that a sink wrote; what a crash tore in such a file is no signature and is passed over. */
function readCheckpoints(path: string, keys: readonly VerifierKey[]): CheckpointAnchor[] {
  const text = readNoteFile(path, CHECKPOINTS_BYTES_MAX);
  const notes = notesIn(text);
  if (notes.length <= 1) return [signedCheckpoint(path, text, keys)];
  const anchors = notes.filter(isWhole).map((note) => signedCheckpoint(path, note, keys));
  return anchors.map((anchor) => ({ ...anchor, name: `${path} (${anchor.size})` }));
}

function isWhole(text: string): boolean {
  return parseNote(text)?.signatures.some(({ bytes }) => bytes.length === ED25519_BYTES) === true;
}

function signedCheckpoint(path: string, text: string, keys: readonly VerifierKey[]): CheckpointAnchor {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!checkpoint) throw new CliError(`${path} is no signed checkpoint (C2SP tlog-checkpoint)`);
  // The origin is the name of the log's key: a key vouches for its own log alone.
  if (!keys.some((key) => key.name === checkpoint.origin && isSignedBy(note, key)))
    throw new CliError(`${path} is not signed by a key that was given: it says to be of ${checkpoint.origin}`);
  return { name: path, ...checkpoint };
}
