import { createPrivateKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Longest origin, in characters. */
const ORIGIN_MAX = 200;

/**
 * An Ed25519 private key as PKCS#8 PEM, from such a text (line ends may be written `\n`) or the path of a file with one.
 * @throws Error saying what is wrong, never showing the key
 */
export function parseSigningKey(pemOrPath: string): string {
  const isPem = pemOrPath.includes('-----BEGIN');
  const pem = isPem ? pemOrPath.replaceAll('\\n', '\n') : readKeyFile(pemOrPath);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error('is not a private key in PKCS#8 PEM; make one with: openssl genpkey -algorithm ed25519');
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`is a key of type ${key.asymmetricKeyType}; the log needs Ed25519`);
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new Error('is neither a key in PEM nor the path of a file that can be read');
  }
}

/** What is wrong with a log's origin, which is also the name of its key (C2SP signed-note), or null. */
export function originProblem(text: string): string | null {
  if (text.length > ORIGIN_MAX) return `must have at most ${ORIGIN_MAX} characters`;
  return /^[\x21-\x2a\x2c-\x7e]+$/.test(text) ? null : 'must be printable ASCII without spaces and plus signs';
}

/** The signing key of a development log, made once and kept in the data folder. */
export async function loadOrMakeSigningKey(dataDir: string): Promise<string> {
  const make = (): string =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return parseSigningKey(await loadOrMake(dataDir, 'log-signing-key.pem', make));
}

/** A random secret of a development server, made once and kept in the data folder. */
export async function loadOrMakeSecret(dataDir: string, name: string): Promise<string> {
  return (await loadOrMake(dataDir, name, () => randomBytes(32).toString('base64url'))).trim();
}

/** The content of a private file, which is made whole and only once, whoever else makes it at the same moment. */
async function loadOrMake(dataDir: string, name: string, make: () => string): Promise<string> {
  const path = join(dataDir, name);
  const known = await readFile(path, 'utf8').catch(() => null);
  if (known !== null) return known;
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, make(), { mode: 0o600 });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
  return readFile(path, 'utf8');
}
