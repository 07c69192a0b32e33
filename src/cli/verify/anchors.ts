import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Anchors, CheckpointAnchor, ReceiptAnchor } from '../../event-log/verification/log-walk.js';
import { parseCheckpoint } from '../../event-log/note/checkpoint.js';
import { NOTE_BYTES_MAX, parseNote } from '../../event-log/note/note.js';
import { parseTlogProof } from '../../event-log/note/tlog-proof.js';
import { isSignedBy, parseVerifierKey, type VerifierKey } from '../../event-log/note/vkey.js';
import { CliError } from '../cli-error.js';
import type { VerifyOptions } from './options.js';

/**
 * Reads keys, checkpoints and receipts, and checks every signature.
 * @throws CliError (exit 2) when a file cannot be read, is not what it should be, or bears no signature of the keys
 */
export function readAnchors({ vkeys, checkpointFiles, receiptFiles }: VerifyOptions): Anchors {
  const keys = vkeys.map(readKey);
  return {
    vkeys: keys.map(({ text }) => text),
    checkpoints: checkpointFiles.map((path) => signedCheckpoint(path, readText(path), keys)),
    receipts: receiptFiles.map((path) => readReceipt(path, keys)),
  };
}

function readKey(given: string): VerifierKey {
  const text = existsSync(given) ? readText(given).trim() : given;
  const key = parseVerifierKey(text);
  if (!key) throw new CliError(`--vkey: "${given}" is neither a verifier key nor a file with one`);
  return key;
}

function readReceipt(path: string, keys: readonly VerifierKey[]): ReceiptAnchor {
  const receipt = parseTlogProof(readText(path));
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

function readText(path: string): string {
  try {
    if (statSync(path).size > NOTE_BYTES_MAX) throw new Error(`it is larger than ${NOTE_BYTES_MAX} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
