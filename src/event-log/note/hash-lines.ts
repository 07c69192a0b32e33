import { HASH_BYTES } from '../chain.js';

/** Hashes in base64, one a line, as C2SP formats have their proofs. */
export function hashLines(hashes: readonly Buffer[]): string {
  return hashes.map((hash) => `${hash.toString('base64')}\n`).join('');
}

/** Reads what `hashLines` wrote; null when a line is no hash, or not written as base64 is. */
export function parseHashLines(text: string): Buffer[] | null {
  const lines = text.split('\n').slice(0, -1);
  const hashes = lines.map((line) => Buffer.from(line, 'base64'));
  const isPlain = hashes.every((hash, i) => hash.length === HASH_BYTES && hash.toString('base64') === lines[i]);
  return isPlain ? hashes : null;
}
