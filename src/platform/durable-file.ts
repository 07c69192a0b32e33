import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Files written here are their owner's alone. */
const MODE_OWNER_ONLY = 0o600;

/**
 * Writes a file so that after any crash, of the machine too, it is the old one or the new one; once it returns, the new one.
 * Only one caller at a time may write a path.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', MODE_OWNER_ONLY);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** Makes the names in a folder durable; Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
