import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { HASH_BYTES } from '../chain.js';
import { TILE_WIDTH } from '../merkle/tile.js';
import { inPlace, type Tampering } from './log-walk.js';
import type { SubstrateEvent } from './succession.js';
import { TileFolder, type Entry } from './tile-folder.js';

/** How closely events of a mirror are looked at. */
export type TileDepth =
  /** As everywhere: hash, link, place, canonical form, members. */
  | 'full'
  /** Only that each hash is its body's, and that each body names the hash before it. */
  | 'chain';

/** What was found of consecutive tiles. */
export interface CheckedTiles {
  /** Id of the first event. */
  readonly from: number;
  /** Of the events that hold, one after the other. */
  readonly hashes: Uint8Array;
  /** `previous_hash` of the first event, hex, as its body has it; the tile before knows whether it is right. */
  readonly previous: string | null;
  readonly substrate: readonly SubstrateEvent[];
  readonly tampering: Tampering | null;
}

/** Characters of a hash in hex. */
const HEX_CHARS = 2 * HASH_BYTES;
/** Bytes at the end of a body in which its `previous_hash` stands: what follows it is at most a subject, a type and a request id. */
const TAIL_BYTES = 600;
const PREVIOUS = /,"previous_hash":(?:null|"([0-9a-f]{64})"),"request_id":"/;
const IS_SUBSTRATE = /,"type":"substrate\.[a-z_]+","v":1\}$/;

/** Checks tiles of a mirror: entries against level 0, and each event as far as the depth says. */
export class TileChecker {
  private readonly folder: TileFolder;

  constructor(
    path: string,
    private readonly depth: TileDepth,
  ) {
    this.folder = new TileFolder(path);
  }

  /** Checks tiles of level 0 from one index on, up to so many events in all. @throws MirrorError */
  async check(first: number, last: number, size: number): Promise<CheckedTiles> {
    const hashes: Buffer[] = [];
    const substrate: SubstrateEvent[] = [];
    let previous: string | null = null;
    let before: string | null = null;
    const from = first * TILE_WIDTH + 1;
    for (let index = first; index <= last; index += 1) {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
      const [tile, entries] = await Promise.all([
        this.folder.hashes(0, index, width),
        this.folder.entries(index, width),
      ]);
      const hex = tile.toString('hex');
      for (const [place, entry] of entries.entries()) {
        const id = index * TILE_WIDTH + place + 1;
        const leaf = hex.slice(place * HEX_CHARS, (place + 1) * HEX_CHARS);
        const tail = entry.body.toString('latin1', Math.max(0, entry.body.length - TAIL_BYTES));
        const named = PREVIOUS.exec(tail)?.[1] ?? null;
        if (id === from) [previous, before] = [named, named];
        const { event, tampering } = this.one({ id, hash: leaf, named, before, ...entry }, tail);
        if (tampering) return { from, hashes: Buffer.concat(hashes), previous, substrate, tampering };
        if (event) substrate.push(event);
        hashes.push(tile.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
        before = leaf;
      }
    }
    return { from, hashes: Buffer.concat(hashes), previous, substrate, tampering: null };
  }

  private one(entry: PlacedEntry, tail: string): { event: SubstrateEvent | null; tampering: Tampering | null } {
    const { id, hash: leafHash, body, leaf, named, before } = entry;
    const bad = (kind: Tampering['kind'], reason: string) => ({
      event: null,
      tampering: { kind, event_id: id, reason },
    });
    const isSubstrate = id === 1 || IS_SUBSTRATE.test(tail);
    if (this.depth === 'chain' && !isSubstrate) {
      if (hash('sha256', leaf, 'hex') !== leafHash) return bad('edited', 'the hash is not that of the body');
      return named === before
        ? { event: null, tampering: null }
        : bad('relinked', 'previous_hash is not the hash of the event before');
    }
    // What is no UTF-8 would read as something else than it is.
    if (!isUtf8(body)) return bad('edited', 'the body is not UTF-8');
    const found = inPlace({ id, hash: Buffer.from(leafHash, 'hex'), body: body.toString('utf8') }, id, before);
    if (found.tampering) return { event: null, tampering: found.tampering };
    return { event: isSubstrate ? (found.body as unknown as SubstrateEvent) : null, tampering: null };
  }
}

/** An event of a mirror in its place. */
interface PlacedEntry extends Entry {
  readonly id: number;
  /** As the tile has it, hex. */
  readonly hash: string;
  /** `previous_hash` in its body, hex. */
  readonly named: string | null;
  /** Hash of the event before it, hex. */
  readonly before: string | null;
}
