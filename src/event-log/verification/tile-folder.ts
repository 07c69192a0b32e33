import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HASH_BYTES } from '../chain.js';
import { indexPath, tilePath, TILE_WIDTH } from '../merkle/tile.js';

/** Thrown when a mirror cannot be read: a file is missing, or is not as long as it must be. */
export class MirrorError extends Error {
  override readonly name = 'MirrorError';
}

/** An event of a tile. */
export interface Entry {
  readonly body: Buffer;
  /** What its hash is of: 0x00 || body (RFC 9162 section 2.1.1). */
  readonly leaf: Buffer;
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

  /** The events of a tile of level 0, of which so many are wanted. @throws MirrorError */
  async entries(index: number, width: number): Promise<Entry[]> {
    const path = `tile/entries/${indexPath(index)}`;
    const bytes = await this.read(path, `${path}.p/${width}`);
    const entries: Entry[] = [];
    for (let at = 0; entries.length < width;) {
      if (at + 2 > bytes.length) throw new MirrorError(`${path} has only ${entries.length} of ${width} entries`);
      const end = at + 2 + bytes.readUInt16BE(at);
      if (end > bytes.length) throw new MirrorError(`${path} ends in the middle of entry ${entries.length + 1}`);
      // The byte before a body, of its length, makes room for the leaf's prefix: 0x00 || body without a copy.
      bytes[at + 1] = 0;
      entries.push({ body: bytes.subarray(at + 2, end), leaf: bytes.subarray(at + 1, end) });
      at = end;
    }
    return entries;
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
