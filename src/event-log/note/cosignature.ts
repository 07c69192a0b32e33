import { sign, verify, type KeyObject } from 'node:crypto';
import { signaturesOf, type Note, type NoteSignature } from './note.js';
import { KEY_TYPE, parseTypedKey, typedKeyOf, type VerifierKey } from './vkey.js';

/** The public half of a witness's key. Its kind keeps a witness's key from passing for a log's, and the other way round. */
export type WitnessKey = VerifierKey<typeof KEY_TYPE.cosignature>;

/** Bytes of the time before the signature: seconds since 1970 as a big-endian number (C2SP tlog-cosignature, "Format"). */
const TIME_BYTES = 8;
/** Bytes of an Ed25519 signature (RFC 8032). */
const SIGNATURE_BYTES = 64;

/** The verifier key of a witness's Ed25519 private key under a name (C2SP tlog-cosignature, "Format"). */
export function witnessKeyOf(privateKey: KeyObject, name: string): WitnessKey {
  return typedKeyOf(privateKey, name, KEY_TYPE.cosignature);
}

/** Reads a witness's verifier key; null when it is none, or its id is not that of name and key. */
export function parseWitnessKey(text: string): WitnessKey | null {
  return parseTypedKey(text, KEY_TYPE.cosignature);
}

/**
 * A witness's statement that, at this time, the checkpoint with this text is of the largest consistent tree that it has
 * seen of the log (C2SP tlog-cosignature, `cosignature/v1`).
 * @param time seconds since 1970
 * @throws RangeError unless the time is a whole number from 0
 */
export function cosign(text: string, time: number, privateKey: KeyObject, { name, id }: WitnessKey): NoteSignature {
  if (!Number.isSafeInteger(time) || time < 0) throw new RangeError(`${time} is no time in seconds`);
  const bytes = Buffer.alloc(TIME_BYTES + SIGNATURE_BYTES);
  bytes.writeBigUInt64BE(BigInt(time));
  sign(null, cosignedMessage(text, time), privateKey).copy(bytes, TIME_BYTES);
  return { name, keyId: id, bytes };
}

/**
 * When a witness cosigned a note, in seconds since 1970: the latest of its cosignatures. Null when the note has none of this
 * key, or one that does not hold: whoever passes on such a note changed it.
 */
export function cosignedAt(note: Note, key: WitnessKey): number | null {
  const times = signaturesOf(note, key).map(({ bytes }) => timeOf(note.text, bytes, key));
  const held = times.filter((time) => time !== null);
  return held.length > 0 && held.length === times.length ? Math.max(...held) : null;
}

/** The time of a cosignature; null when it does not hold. */
function timeOf(text: string, bytes: Buffer, { publicKey }: WitnessKey): number | null {
  if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES) return null;
  const time = Number(bytes.readBigUInt64BE());
  const holds =
    Number.isSafeInteger(time) && verify(null, cosignedMessage(text, time), publicKey, bytes.subarray(TIME_BYTES));
  return holds ? time : null;
}

function cosignedMessage(text: string, time: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
}
