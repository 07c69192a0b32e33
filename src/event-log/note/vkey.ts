import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { signaturesOf, type Note, type NoteSignature } from './note.js';

/** What an Ed25519 key signs, by the type byte of its verifier key (C2SP signed-note, "Signature types"). */
export const KEY_TYPE = {
  /** The text of a note: a log's key. */
  note: 0x01,
  /** The text of a checkpoint and the time: a witness's key (C2SP tlog-cosignature). */
  cosignature: 0x04,
} as const;

export type KeyType = (typeof KEY_TYPE)[keyof typeof KEY_TYPE];

/** Bytes of an Ed25519 public key (RFC 8032). */
const PUBLIC_KEY_BYTES = 32;
/** What stands before the 32 bytes in a SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
/** Bytes of a key id. */
const ID_BYTES = 4;

/** The public half of a key, as notes and verifiers name it; of a log's key unless said otherwise. */
export interface VerifierKey<T extends KeyType = typeof KEY_TYPE.note> {
  readonly type: T;
  readonly name: string;
  /** First 4 bytes of SHA-256(name || 0x0A || type || public key). */
  readonly id: Buffer;
  /** `name+hex(id)+base64(type || public key)`. */
  readonly text: string;
  readonly publicKey: KeyObject;
}

/** The verifier key of a log's Ed25519 private key under a name (C2SP signed-note, "Verifier keys"). */
export function verifierKeyOf(privateKey: KeyObject, name: string): VerifierKey {
  return typedKeyOf(privateKey, name, KEY_TYPE.note);
}

/** Reads a log's verifier key; null when it is none, or its id is not that of name and key. */
export function parseVerifierKey(text: string): VerifierKey | null {
  return parseTypedKey(text, KEY_TYPE.note);
}

/** The verifier key of this type of an Ed25519 private key under a name. */
export function typedKeyOf<T extends KeyType>(privateKey: KeyObject, name: string, type: T): VerifierKey<T> {
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const typed = Buffer.concat([Buffer.from([type]), der.subarray(-PUBLIC_KEY_BYTES)]);
  const id = keyId(name, typed);
  return { type, name, id, text: `${name}+${id.toString('hex')}+${typed.toString('base64')}`, publicKey };
}

/** Reads a verifier key of this type; null when it is none, or its id is not that of name and key. */
export function parseTypedKey<T extends KeyType>(text: string, type: T): VerifierKey<T> | null {
  const [, name, hex, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (name === undefined || hex === undefined || base64 === undefined) return null;
  const typed = Buffer.from(base64, 'base64');
  if (typed[0] !== type || typed.length !== 1 + PUBLIC_KEY_BYTES || typed.toString('base64') !== base64) return null;
  const id = keyId(name, typed);
  if (id.toString('hex') !== hex) return null;
  const key = Buffer.concat([SPKI_PREFIX, typed.subarray(1)]);
  return { type, name, id, text, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) };
}

/** The signature of a text under a key. */
export function signText(text: string, privateKey: KeyObject, { name, id }: VerifierKey): NoteSignature {
  return { name, keyId: id, bytes: sign(null, Buffer.from(text), privateKey) };
}

/** Whether a note bears a signature of this key that holds. */
export function isSignedBy(note: Note, key: VerifierKey): boolean {
  return signaturesOf(note, key).some(({ bytes }) => verify(null, Buffer.from(note.text), key.publicKey, bytes));
}

function keyId(name: string, typed: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer').subarray(0, ID_BYTES);
}
