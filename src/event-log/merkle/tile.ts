import { HASH_BYTES, nodeHash } from '../chain.js';
import type { Subtree } from './tree.js';

/** Levels of the tree in one tile (C2SP tlog-tiles). */
export const TILE_HEIGHT = 8;
/** Hashes of a full tile. */
export const TILE_WIDTH = 256;

/**
 * A tile of the tree (C2SP tlog-tiles): `width` consecutive roots of the subtrees of height `level * 8`, the first of which
 * is number `index * 256`.
 */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** The path of a tile below the log's prefix: `tile/<level>/<index>`, and `.p/<width>` for a partial one. */
export function tilePath({ level, index, width }: Tile): string {
  return `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** An index in groups of three digits, `x` before all but the last: 1234067 is `x001/x234/067`. */
export function indexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** An index and width as a path has them, or null when it is none, or not the shortest. */
export function parseIndexPath(path: string): Pick<Tile, 'index' | 'width'> | null {
  const match = /^((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  const [, groups = '', partial] = match ?? [];
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const isPlain = match !== null && Number.isSafeInteger(index) && indexPath(index) === groups;
  return isPlain && (partial === undefined || width < TILE_WIDTH) ? { index, width } : null;
}

/** The tile that a subtree's root is read from, and the place of its lowest hashes in it. */
export function tileOf({ height, index }: Subtree): { level: number; index: number; from: number; count: number } {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const first = index * count;
  return { level, index: Math.floor(first / TILE_WIDTH), from: first % TILE_WIDTH, count };
}

/** The root of some consecutive hashes of a tile, a power of two of them. */
export function rootOfHashes(hashes: Buffer): Buffer {
  let row = Array.from({ length: hashes.length / HASH_BYTES }, (_, i) =>
    hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) =>
      nodeHash(row[2 * i] ?? Buffer.alloc(0), row[2 * i + 1] ?? Buffer.alloc(0)),
    );
  }
  const [root] = row;
  if (!root) throw new RangeError('a root of no hashes');
  return root;
}
