import { hash, randomBytes } from 'node:crypto';

/** What every agent's key begins with, so that people and scanners for leaked secrets know it. */
export const API_KEY_MARK = 'es_';

/** Random bytes of a key. */
const RANDOM_BYTES = 32;
/** Characters of the checksum: six of base64url, 36 bits; a mistyped key costs no query. */
const CHECKSUM_CHARS = 6;
/** Characters by which people tell keys apart. */
const PREFIX_CHARS = 10;

const FORM = new RegExp(`^${API_KEY_MARK}[A-Za-z0-9_-]{43}[A-Za-z0-9_-]{${CHECKSUM_CHARS}}$`);

/** A new key: `es_`, 256 random bits in base64url, and the beginning of the SHA-256 of both as a checksum. */
export function newApiKey(): string {
  const body = API_KEY_MARK + randomBytes(RANDOM_BYTES).toString('base64url');
  return body + checksumOf(body);
}

/** Whether a text has the form of a key and a checksum that fits. */
export function isApiKey(text: string): boolean {
  return FORM.test(text) && checksumOf(text.slice(0, -CHECKSUM_CHARS)) === text.slice(-CHECKSUM_CHARS);
}

/** What is stored of a key: 256 random bits need no slow hash. */
export function apiKeyHash(key: string): string {
  return hash('sha256', key, 'hex');
}

/** The part of a key that is shown. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, PREFIX_CHARS);
}

function checksumOf(body: string): string {
  return hash('sha256', body, 'base64url').slice(0, CHECKSUM_CHARS);
}
