import type { Anchors, CheckpointAnchor, ReceiptAnchor } from '../../event-log/verification/log-walk.js';
import { parseCheckpoint } from '../../event-log/note/checkpoint.js';
import { parseNote } from '../../event-log/note/note.js';
import { parseTlogProof } from '../../event-log/note/tlog-proof.js';
import { isSignedBy, type VerifierKey } from '../../event-log/note/vkey.js';
import { CliError } from '../cli-error.js';
import { givenLogKey, readNoteFile } from '../note-file.js';
import type { VerifyOptions } from './options.js';

/**
 * Reads keys, checkpoints and receipts, and checks every signature.
 * @throws CliError (exit 2) when a file cannot be read, is not what it should be, or bears no signature of the keys
 */
export function readAnchors({ vkeys, checkpointFiles, receiptFiles }: VerifyOptions): Anchors {
  const keys = vkeys.map((given) => givenLogKey('--vkey', given));
  return {
    vkeys: keys.map(({ text }) => text),
    checkpoints: checkpointFiles.map((path) => signedCheckpoint(path, readNoteFile(path), keys)),
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

function signedCheckpoint(path: string, text: string, keys: readonly VerifierKey[]): CheckpointAnchor {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!checkpoint) throw new CliError(`${path} is no signed checkpoint (C2SP tlog-checkpoint)`);
  // The origin is the name of the log's key: a key vouches for its own log alone.
  if (!keys.some((key) => key.name === checkpoint.origin && isSignedBy(note, key)))
    throw new CliError(`${path} is not signed by a key that was given: it says to be of ${checkpoint.origin}`);
  return { name: path, ...checkpoint };
}
