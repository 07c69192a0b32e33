import { HASH_BYTES } from '../chain.js';
import { rootOfHashes, TILE_WIDTH } from '../merkle/tile.js';
import type { Finding } from './findings.js';
import { findingOf } from './findings.js';
import { LogWalk, type Anchors } from './log-walk.js';
import { inOrder, Threads } from './threads.js';
import { TileChecker, type CheckedTiles, type TileDepth } from './tile-checker.js';
import { TileFolder } from './tile-folder.js';
import type { TileWorkerData } from './tile-worker.js';

/** Tiles that are checked at a time: 4,096 events. */
const TILES_AT_ONCE = 16;
/** Threads that check tiles: one for each of two cores. */
const THREADS = 2;
/** Events from which on threads pay. */
const EVENTS_FOR_THREADS = 50_000;

/** What to verify of a mirror, and how closely. */
export interface TileVerificationOptions {
  /** Events that the mirror has, as its checkpoint says. */
  readonly size: number;
  readonly anchors: Anchors;
  readonly depth?: TileDepth;
  /** Told how many events hold. */
  readonly onProgress?: (events: number) => void;
}

/**
 * Verifies a log from a mirror of its tiles (C2SP tlog-tiles): entries against the hashes of level 0, each event and its link,
 * each tile against those below it, and the whole with its anchors.
 * @throws MirrorError when a file is missing or too short
 */
export async function verifyTiles(
  dir: string,
  { size, anchors, depth = 'full', onProgress }: TileVerificationOptions,
): Promise<{ walk: LogWalk; finding: Finding | null }> {
  const walk = new LogWalk(anchors);
  const levels: Buffer[][] = [];
  const inline = new TileChecker(dir, depth);
  const data: TileWorkerData = { dir, depth, size };
  const file = new URL('./tile-worker.js', import.meta.url);
  const threads = size < EVENTS_FOR_THREADS ? null : await Threads.start<CheckedTiles>(file, data, THREADS);
  const pool = threads ?? { check: (from: number, to: number) => inline.check(from, to, size) };
  const ranges = { first: 0, last: Math.ceil(size / TILE_WIDTH) - 1, step: TILES_AT_ONCE, ahead: 2 * THREADS + 1 };
  try {
    for await (const tiles of inOrder(pool, ranges)) {
      const finding = take(tiles, walk, levels);
      if (finding) return { walk, finding };
      onProgress?.(walk.size);
    }
  } finally {
    await threads?.close();
  }
  const tampering = walk.end();
  if (tampering) return { walk, finding: findingOf(tampering) };
  return { walk, finding: await upperFinding(new TileFolder(dir), levels) };
}

/** Takes in tiles that were checked; answers what does not hold first. */
function take(
  { hashes, previous, substrate, tampering, from }: CheckedTiles,
  walk: LogWalk,
  levels: Buffer[][],
): Finding | null {
  if (previous !== walk.head) {
    const reason = 'previous_hash is not the hash of the event before';
    return findingOf(walk.stop({ kind: 'relinked', event_id: from, reason }));
  }
  const events = new Map(substrate.map((event) => [event.id, event]));
  const all = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  for (let at = 0; at < all.length; at += HASH_BYTES) {
    const found = walk.advance(all.subarray(at, at + HASH_BYTES), events.get(walk.size + 1) ?? null);
    if (found) return findingOf(found);
  }
  if (tampering) return findingOf(walk.stop(tampering));
  for (let at = 0; at + TILE_WIDTH * HASH_BYTES <= all.length; at += TILE_WIDTH * HASH_BYTES)
    grow(levels, 0, rootOfHashes(all.subarray(at, at + TILE_WIDTH * HASH_BYTES)));
  return null;
}

/** Adds the root of a full tile of a level, and of each above that it fills. */
function grow(levels: Buffer[][], level: number, root: Buffer): void {
  const roots = (levels[level] ??= []);
  roots.push(root);
  if (roots.length % TILE_WIDTH === 0) grow(levels, level + 1, rootOfHashes(Buffer.concat(roots.slice(-TILE_WIDTH))));
}

/** What is wrong with a tile above level 0. */
async function upperFinding(folder: TileFolder, levels: readonly Buffer[][]): Promise<Finding | null> {
  for (const [below, roots] of levels.entries()) {
    for (let index = 0; index * TILE_WIDTH < roots.length; index += 1) {
      const expected = roots.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      const found = await folder.hashes(below + 1, index, expected.length);
      const wrong = expected.findIndex((root, i) => !root.equals(found.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)));
      if (wrong < 0) continue;
      const first = (index * TILE_WIDTH + wrong) * TILE_WIDTH ** (below + 1) + 1;
      const reason = `tile ${index} of level ${below + 1} has another root than the tile below it`;
      return { kind: 'edited', event_id: first, reason };
    }
  }
  return null;
}
