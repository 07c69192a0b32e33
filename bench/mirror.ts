import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createClient } from '../src/platform/database/client.js';
import { indexPath, rootOfHashes, tilePath, TILE_WIDTH } from '../src/event-log/merkle/tile.js';

/** A mirror's folder, and the events in it. */
export interface BenchMirror {
  readonly dir: string;
  readonly size: number;
}

/** Writes a log's tiles into a folder, as npm run mirror does over HTTP; full tiles alone. */
export async function writeMirror(databaseUrl: string, dir: string): Promise<BenchMirror> {
  const client = createClient(databaseUrl, 'audit');
  await client.connect();
  const levels: Buffer[][] = [];
  let size = 0;
  try {
    for (let index = 0; ; index += 1) {
      const { rows } = await client.query<{ hash: Buffer; body: string }>(
        'select hash, body from event_log where id > $1 and id <= $2 order by id',
        [index * TILE_WIDTH, (index + 1) * TILE_WIDTH],
      );
      if (rows.length < TILE_WIDTH) break;
      const hashes = Buffer.concat(rows.map(({ hash }) => hash));
      await write(join(dir, tilePath({ level: 0, index, width: TILE_WIDTH })), hashes);
      await write(
        join(dir, `tile/entries/${indexPath(index)}`),
        Buffer.concat(rows.flatMap(({ body }) => entry(body))),
      );
      size += rows.length;
      grow(levels, 0, rootOfHashes(hashes));
    }
  } finally {
    await client.end();
  }
  for (const [below, roots] of levels.entries()) {
    for (let index = 0; index * TILE_WIDTH < roots.length; index += 1) {
      const tile = roots.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      await write(join(dir, tilePath({ level: below + 1, index, width: tile.length })), Buffer.concat(tile));
    }
  }
  return { dir, size };
}

function grow(levels: Buffer[][], level: number, root: Buffer): void {
  const roots = (levels[level] ??= []);
  roots.push(root);
  if (roots.length % TILE_WIDTH === 0) grow(levels, level + 1, rootOfHashes(Buffer.concat(roots.slice(-TILE_WIDTH))));
}

function entry(body: string): Buffer[] {
  const bytes = Buffer.from(body);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return [length, bytes];
}

async function write(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
