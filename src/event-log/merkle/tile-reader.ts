import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { rootOfHashes, tileOf, TILE_HEIGHT, TILE_WIDTH, type Tile } from './tile.js';
import { TileIntegrator } from './tile-integrator.js';
import type { Subtree, SubtreeReader } from './tree.js';

interface HashRow {
  readonly key: string;
  readonly hash: Buffer;
}

/** A hash by its place: level and number in it. Level 0 are the log's own hashes, level n the roots of full tiles of level n - 1. */
const keyOf = (level: number, index: number): string => `${level}/${index}`;

/** Reads tiles and subtrees of the log's tree from the log's hashes and the roots of full tiles. */
@Injectable()
export class TileReader {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly integrator: TileIntegrator,
  ) {}

  /** Roots of perfect subtrees of the log. @throws Error when one reaches beyond the log */
  readonly subtrees: SubtreeReader = async (subtrees) => {
    const places = subtrees.map(placesOf);
    const known = await this.hashes(places.flat());
    return places.map((own) => rootOfHashes(Buffer.concat(own.map(({ level, index }) => known(level, index)))));
  };

  /** The hashes of a tile one after the other, or null when the log does not reach so far. */
  async tile({ level, index, width }: Tile): Promise<Buffer | null> {
    const last = BigInt(index * TILE_WIDTH + width) * BigInt(TILE_WIDTH) ** BigInt(level);
    if (last > BigInt(await this.size())) return null;
    const places = Array.from({ length: width }, (_, i) => ({ level, index: index * TILE_WIDTH + i }));
    const known = await this.hashes(places);
    return Buffer.concat(places.map((place) => known(place.level, place.index)));
  }

  /** The bodies of a tile of level 0, or null when the log does not reach so far. */
  async entries({ index, width }: Pick<Tile, 'index' | 'width'>): Promise<Buffer[] | null> {
    const first = index * TILE_WIDTH + 1;
    const rows = await this.database.query<{ body: string }[]>(
      'select body from event_log where id between $1 and $2 order by id',
      [first, first + width - 1],
    );
    return rows.length === width ? rows.map(({ body }) => Buffer.from(body)) : null;
  }

  /** Number of events. */
  async size(): Promise<number> {
    const [head] = await this.database.query<{ size: number }[]>('select event_id as size from log_head');
    return head?.size ?? 0;
  }

  /** Reads hashes by their places; tiles that are not stored yet are made first. */
  private async hashes(
    places: readonly { level: number; index: number }[],
  ): Promise<(level: number, index: number) => Buffer> {
    let rows = await this.read(places);
    if (rows.length < new Set(places.map((p) => keyOf(p.level, p.index))).size) {
      await this.integrator.integrate();
      rows = await this.read(places);
    }
    const known = new Map(rows.map(({ key, hash }) => [key, hash]));
    return (level, index) => {
      const hash = known.get(keyOf(level, index));
      if (!hash) throw new RangeError(`the log's tree has no hash ${index} on level ${level}`);
      return hash;
    };
  }

  private read(places: readonly { level: number; index: number }[]): Promise<HashRow[]> {
    const leaves = places.filter(({ level }) => level === 0).map(({ index }) => index + 1);
    const roots = places.filter(({ level }) => level > 0);
    return this.database.query<HashRow[]>(
      `select '0/' || (id - 1) as key, hash from event_log where id = any($1::bigint[])
       union all
       select (level + 1) || '/' || index, root
       from unnest($2::smallint[], $3::bigint[]) as wanted(level, index) join log_tiles using (level, index)`,
      [leaves, roots.map(({ level }) => level - 1), roots.map(({ index }) => index)],
    );
  }
}

/** The places of the hashes that a subtree's root is made of: the lowest ones of its tile. */
function placesOf(subtree: Subtree): { level: number; index: number }[] {
  const { level, index, from, count } = tileOf(subtree);
  return Array.from({ length: count }, (_, i) => ({ level, index: index * 2 ** TILE_HEIGHT + from + i }));
}
