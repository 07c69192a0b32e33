import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The product's version, from the nearest package.json above this file: the sources and their build lie at different depths. */
export const VERSION: string = nearestVersion(dirname(fileURLToPath(import.meta.url)));

function nearestVersion(folder: string): string {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
  } catch (error) {
    const parent = dirname(folder);
    if (parent === folder) throw error;
    return nearestVersion(parent);
  }
}
