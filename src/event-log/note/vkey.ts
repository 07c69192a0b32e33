import { createPublicKey, hash, type KeyObject } from 'node:crypto';

/** Type byte of an Ed25519 key (C2SP signed-note). */
const ED25519 = 0x01;
/** Bytes of an Ed25519 public key (RFC 8032). */
const PUBLIC_KEY_BYTES = 32;

/** The public half of a log's key, as checkpoints and verifiers name it. */
export interface VerifierKey {
  readonly name: string;
  /** First 4 bytes of SHA-256(name || 0x0A || 0x01 || public key). */
  readonly id: Buffer;
  /** `name+hex(id)+base64(0x01 || public key)`. */
  readonly text: string;
}

/** The verifier key of an Ed25519 private key under a name (C2SP signed-note, "Verifier keys"). */
export function verifierKeyOf(privateKey: KeyObject, name: string): VerifierKey {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const typed = Buffer.concat([Buffer.from([ED25519]), der.subarray(-PUBLIC_KEY_BYTES)]);
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer').subarray(0, 4);
  return { name, id, text: `${name}+${id.toString('hex')}+${typed.toString('base64')}` };
}
