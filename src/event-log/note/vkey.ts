import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { signaturesOf, type Note, type NoteSignature } from './note.js';

/** Type byte of an Ed25519 key (C2SP signed-note). */
const ED25519 = 0x01;
/** Bytes of an Ed25519 public key (RFC 8032). */
const PUBLIC_KEY_BYTES = 32;
/** What stands before the 32 bytes in a SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
/** Bytes of a key id. */
const ID_BYTES = 4;

/** The public half of a log's key, as checkpoints and verifiers name it. */
export interface VerifierKey {
  readonly name: string;
  /** First 4 bytes of SHA-256(name || 0x0A || 0x01 || public key). */
  readonly id: Buffer;
  /** `name+hex(id)+base64(0x01 || public key)`. */
  readonly text: string;
  readonly publicKey: KeyObject;
}

/** The verifier key of an Ed25519 private key under a name (C2SP signed-note, "Verifier keys"). */
export function verifierKeyOf(privateKey: KeyObject, name: string): VerifierKey {
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const typed = Buffer.concat([Buffer.from([ED25519]), der.subarray(-PUBLIC_KEY_BYTES)]);
  const id = keyId(name, typed);
  return { name, id, text: `${name}+${id.toString('hex')}+${typed.toString('base64')}`, publicKey };
}

/** Reads a verifier key; null when it is none, or its id is not that of name and key. */
export function parseVerifierKey(text: string): VerifierKey | null {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (name === undefined || id === undefined || base64 === undefined) return null;
  const typed = Buffer.from(base64, 'base64');
  if (typed[0] !== ED25519 || typed.length !== 1 + PUBLIC_KEY_BYTES || typed.toString('base64') !== base64) return null;
  if (keyId(name, typed).toString('hex') !== id) return null;
  const key = Buffer.concat([SPKI_PREFIX, typed.subarray(1)]);
  return { name, id: Buffer.from(id, 'hex'), text, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) };
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
