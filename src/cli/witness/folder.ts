import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSigningKey } from '../../platform/config/signing-key.js';
import { writeDurably } from '../../platform/durable-file.js';
import { CliError } from '../cli-error.js';
import { lockFolder, type FolderLock } from './folder-lock.js';
import { Memory } from './memory.js';

const KEY_FILE = 'witness-key.pem';

/** A witness's folder, for this process alone until the lock is released. */
export interface WitnessFolder {
  readonly memory: Memory;
  readonly privateKey: KeyObject;
  readonly lock: FolderLock;
}

/**
 * Opens the folder of the witness of this name. On the first start it begins the memory and makes the key.
 * @throws CliError when another witness uses it, it belongs to a witness of another name, or half of it is missing
 */
export async function openFolder(folder: string, name: string): Promise<WitnessFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  try {
    const keyPath = join(folder, KEY_FILE);
    const known = await Memory.open(folder);
    refuseHalf(folder, known, existsSync(keyPath));
    if (known !== null && known.name !== name)
      throw new CliError(`${folder} is of the witness ${known.name}: a key vouches under one name only`);
    const memory = known ?? (await Memory.begin(folder, name));
    if (!existsSync(keyPath)) await writeDurably(keyPath, newKey());
    return { memory, privateKey: readKey(keyPath), lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Opens the memory of a witness that does not run.
 * @throws CliError when it runs, or there is none
 */
export async function openMemory(folder: string): Promise<{ memory: Memory; lock: FolderLock }> {
  if (!existsSync(folder)) throw new CliError(`${folder} is not there`);
  const lock = await lockFolder(folder);
  try {
    const memory = await Memory.open(folder);
    if (!memory) throw new CliError(`${folder} is not the folder of a witness`);
    return { memory, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A witness that lost its memory would cosign a fork; one that lost its key would go on as somebody else. */
function refuseHalf(folder: string, memory: Memory | null, hasKey: boolean): void {
  if (hasKey && memory === null)
    throw new CliError(`${folder} has a key and no memory: bring the memory back, or begin with an empty folder`);
  if (!hasKey && memory?.isEmpty === false)
    throw new CliError(`${folder} has a memory and no ${KEY_FILE}: bring it back, or begin with an empty folder`);
}

function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function readKey(path: string): KeyObject {
  try {
    return createPrivateKey(parseSigningKey(path));
  } catch (error) {
    throw new CliError(`${path} ${error instanceof Error ? error.message : String(error)}`);
  }
}
