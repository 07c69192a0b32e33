import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HASH_BYTES } from '../chain.js';
import { indexPath, tilePath, TILE_WIDTH } from '../merkle/tile.js';

/** Thrown when a mirror cannot be read: a file is missing, or is not as long as it must be. */
export class MirrorError extends Error {
  override readonly name = 'MirrorError';
}

/** A log's tiles as files (C2SP tlog-tiles): the layout of the URLs. A full tile serves where a partial one would do. */
export class TileFolder {
  constructor(readonly path: string) {}

  /** The hashes of a tile of a level, of which so many are wanted. @throws MirrorError */
  async hashes(level: number, index: number, width: number): Promise<Buffer> {
    const bytes = await this.read(tilePath({ level, index, width: TILE_WIDTH }), tilePath({ level, index, width }));
    const expected = width * HASH_BYTES;
    if (bytes.length < expected) throw new MirrorError(`tile ${index} of level ${level} has less than ${width} hashes`);
    return bytes.subarray(0, expected);
  }

  /** The bodies of a tile of level 0, of which so many are wanted. @throws MirrorError */
  async bodies(index: number, width: number): Promise<Buffer[]> {
    const path = `tile/entries/${indexPath(index)}`;
    const bytes = await this.read(path, `${path}.p/${width}`);
    const bodies: Buffer[] = [];
    for (let at = 0; bodies.length < width;) {
      if (at + 2 > bytes.length) throw new MirrorError(`${path} has only ${bodies.length} of ${width} entries`);
      const end = at + 2 + bytes.readUInt16BE(at);
      if (end > bytes.length) throw new MirrorError(`${path} ends in the middle of entry ${bodies.length + 1}`);
      bodies.push(bytes.subarray(at + 2, end));
      at = end;
    }
    return bodies;
  }

  private async read(...names: readonly string[]): Promise<Buffer> {
    for (const name of names) {
      const bytes = await readFile(join(this.path, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw new MirrorError(`cannot read ${name}: ${error.message}`);
      });
      if (bytes) return bytes;
    }
    throw new MirrorError(`${names.at(-1)} is missing`);
  }
}
