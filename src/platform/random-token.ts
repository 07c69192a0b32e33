import { hash, randomBytes } from 'node:crypto';

/** Random bytes of a token: 256 bits. */
const TOKEN_BYTES = 32;

/** A token that nobody can guess, with a prefix that tells what it is for. */
export function randomToken(prefix: string): string {
  return `${prefix}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** What is stored of a random token: it is long enough for a plain digest. */
export function tokenHash(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Prefix of activation tokens. */
export const ACTIVATION_PREFIX = 'ea';
/** Life of an activation token, in seconds. */
export const ACTIVATION_SECONDS = 86_400;
