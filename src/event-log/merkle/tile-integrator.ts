import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { every, type Repeated } from '../../platform/every.js';
import { BookkeepingRepository } from '../bookkeeping.repository.js';
import { rootOfHashes, TILE_WIDTH } from './tile.js';

/** How often new events are looked for, in ms. */
const LOOK_MS = 1_000;
/** Tiles that are read and stored by one statement: 16,384 hashes, some half a megabyte. */
const TILES_AT_ONCE = 64;

interface TileHashes {
  readonly index: number;
  readonly hashes: Buffer;
}

/** Hashes of full tiles from the log itself, and from the roots of the level below. */
const LEAVES = `
  select (id - 1) / ${TILE_WIDTH} as index, string_agg(hash, ''::bytea order by id) as hashes
  from event_log where id between $1::bigint * ${TILE_WIDTH} + 1 and $2::bigint * ${TILE_WIDTH}
  group by 1 order by 1`;
const ROOTS = `
  select index / ${TILE_WIDTH} as index, string_agg(root, ''::bytea order by index) as hashes
  from log_tiles where level = $3 and index >= $1::bigint * ${TILE_WIDTH} and index < $2::bigint * ${TILE_WIDTH}
  group by 1 order by 1`;

/**
 * Cuts the log's tree into full tiles as it grows. A tile is the same whoever makes it, and is stored once: every replica
 * does this work, may be killed at any moment, and goes on behind the last tile that is there.
 */
@Injectable()
export class TileIntegrator implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('tiles');
  private loop: Repeated | null = null;
  private round: Promise<void> = Promise.resolve();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly bookkeeping: BookkeepingRepository,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = every(
      LOOK_MS,
      () => this.integrate(),
      (error) => this.logger.warn({ err: error }, 'tiles wait for the next round'),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop?.stop();
    await this.round.catch(() => undefined);
  }

  /** Stores every full tile of the log as it is now. Rounds of this process run one after the other. */
  integrate(): Promise<void> {
    this.round = this.round.catch(() => undefined).then(() => this.allLevels());
    return this.round;
  }

  private async allLevels(): Promise<void> {
    const [head] = await this.database.query<{ size: number }[]>('select event_id as size from log_head');
    let below = head?.size ?? 0;
    for (let level = 0; below >= TILE_WIDTH; level += 1) {
      const full = Math.floor(below / TILE_WIDTH);
      await this.level(level, full);
      below = full;
    }
  }

  private async level(level: number, full: number): Promise<void> {
    const [stored] = await this.database.query<{ next: number }[]>(
      'select coalesce(max(index) + 1, 0) as next from log_tiles where level = $1',
      [level],
    );
    for (let from = stored?.next ?? 0; from < full; from += TILES_AT_ONCE) {
      const to = Math.min(from + TILES_AT_ONCE, full);
      const tiles = await this.database.query<TileHashes[]>(
        level === 0 ? LEAVES : ROOTS,
        level === 0 ? [from, to] : [from, to, level - 1],
      );
      if (tiles.length !== to - from) throw new Error(`level ${level} of the tree has a gap from tile ${from} on`);
      await this.bookkeeping.storeTiles(
        level,
        from,
        tiles.map(({ hashes }) => rootOfHashes(hashes)),
      );
    }
  }
}
