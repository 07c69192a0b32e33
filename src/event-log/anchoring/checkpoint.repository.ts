import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { createPool } from '../../platform/database/client.js';
import { DatabaseUrl } from '../../platform/database/database-url.js';
import { timestampOfPostgres, type Timestamp } from '../../platform/time.js';

/** Connections: one signs, one notes what sinks said. */
const CONNECTIONS = 2;
/** Key of the advisory lock that lets one replica sign at a time. */
const SIGN_LOCK = 1_763_900_008;

/** A checkpoint as it was signed. */
export interface StoredCheckpoint {
  readonly size: number;
  /** The note with the log's signatures, and behind them the witnesses' where they are asked for. */
  readonly note: string;
  readonly signedAt: Timestamp;
}

/** What became of a sink. */
export interface SinkState {
  readonly name: string;
  readonly kind: string;
  /** Largest checkpoint that it has. */
  readonly size: number;
  readonly publishedAt: Timestamp | null;
  /** Since when it fails, and how; null while it works. */
  readonly failingSince: Timestamp | null;
  readonly failure: string | null;
}

interface CheckpointRow {
  readonly size: number;
  readonly note: string;
  readonly signed_at: string;
}

/** Checkpoints that are looked at for one that is published already: what a second or two brings. */
const COVERING = 16;

const cosigned = (from: string): string => `
  select c.size, c.signed_at,
         c.note || coalesce((select string_agg(line, '' order by witness) from cosignatures where size = c.size), '') as note
  from ${from} c`;

/** Keeps signed checkpoints, cosignatures and what became of sinks. */
@Injectable()
export class CheckpointRepository implements OnApplicationShutdown {
  private readonly pool: pg.Pool;

  constructor(
    { url }: DatabaseUrl,
    @InjectDataSource() private readonly database: DataSource,
  ) {
    this.pool = createPool(url, 'bookkeeping', CONNECTIONS);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  /**
   * Lets `sign` make a checkpoint behind the newest one while no other replica does, and keeps it; null from `sign` keeps
   * nothing.
   */
  async signNext(
    sign: (newest: StoredCheckpoint | null) => Promise<Pick<StoredCheckpoint, 'size' | 'note'> | null>,
  ): Promise<StoredCheckpoint | null> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock($1)', [SIGN_LOCK]);
      const { rows } = await client.query<CheckpointRow>('select * from checkpoints order by size desc limit 1');
      const newest = rows[0] ? stored(rows[0]) : null;
      const next = await sign(newest);
      if (next === null) {
        await client.query('rollback');
        client.release();
        return newest;
      }
      const { rows: kept } = await client.query<CheckpointRow>(
        'insert into checkpoints (size, note, signed_at) values ($1, $2, clock_timestamp()) returning *',
        [next.size, next.note],
      );
      await client.query('commit');
      client.release();
      return kept[0] ? stored(kept[0]) : null;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** The newest checkpoint, as signed by the log alone. */
  async newest(): Promise<StoredCheckpoint | null> {
    return this.one('select * from checkpoints order by size desc limit 1');
  }

  /** The newest checkpoint that sinks were told of, with what witnesses said of it. */
  async newestPublished(): Promise<StoredCheckpoint | null> {
    return this.one(`${cosigned('checkpoints')} where published_at is not null order by c.size desc limit 1`);
  }

  /** A checkpoint of at least this size, one of the smallest, with what witnesses said of it; a published one where there is one. */
  async covering(size: number): Promise<StoredCheckpoint | null> {
    const next = `(select * from checkpoints where size >= $1 order by size limit ${COVERING})`;
    return this.one(`${cosigned(next)} order by (published_at is null), c.size limit 1`, [size]);
  }

  /** The newest checkpoints, the newest first. */
  async last(limit: number): Promise<StoredCheckpoint[]> {
    const rows = await this.database.query<CheckpointRow[]>(
      'select size, note, signed_at from checkpoints order by size desc limit $1',
      [limit],
    );
    return rows.map(stored);
  }

  /** Checkpoints above a size, ascending. */
  async after(size: number, limit: number): Promise<StoredCheckpoint[]> {
    const rows = await this.database.query<CheckpointRow[]>(
      'select size, note, signed_at from checkpoints where size > $1 order by size limit $2',
      [size, limit],
    );
    return rows.map(stored);
  }

  /** Notes that every sink was told of checkpoints up to a size, whatever each said. */
  async markPublished(size: number): Promise<void> {
    await this.pool.query(
      'update checkpoints set published_at = clock_timestamp() where size <= $1 and published_at is null',
      [size],
    );
  }

  /** Keeps a witness's line on a checkpoint. */
  async keepCosignature(size: number, witness: string, line: string): Promise<void> {
    await this.pool.query(
      `insert into cosignatures (size, witness, line) values ($1, $2, $3)
       on conflict (size, witness) do update set line = excluded.line`,
      [size, witness, line],
    );
  }

  /** Notes that a sink has checkpoints up to a size. */
  async sinkWorks(name: string, kind: string, size: number): Promise<void> {
    await this.pool.query(
      `insert into checkpoint_sinks as s (name, kind, size, published_at) values ($1, $2, $3, clock_timestamp())
       on conflict (name) do update set
         kind = excluded.kind, size = excluded.size, published_at = excluded.published_at, failing_since = null, failure = null`,
      [name, kind, size],
    );
  }

  /** Notes that a sink fails. */
  async sinkFails(name: string, kind: string, failure: string): Promise<void> {
    await this.pool.query(
      `insert into checkpoint_sinks as s (name, kind, size, failing_since, failure) values ($1, $2, 0, clock_timestamp(), $3)
       on conflict (name) do update set
         failing_since = coalesce(s.failing_since, excluded.failing_since), failure = excluded.failure`,
      [name, kind, failure],
    );
  }

  /** Forgets sinks that are configured no more. */
  async keepSinks(names: readonly string[]): Promise<void> {
    await this.pool.query('delete from checkpoint_sinks where not name = any($1::text[])', [names]);
  }

  /** What became of each sink. */
  async sinks(): Promise<SinkState[]> {
    const rows = await this.database.query<SinkRow[]>('select * from checkpoint_sinks order by name');
    return rows.map(({ name, kind, size, published_at, failing_since, failure }) => ({
      name,
      kind,
      size,
      publishedAt: published_at === null ? null : timestampOfPostgres(published_at),
      failingSince: failing_since === null ? null : timestampOfPostgres(failing_since),
      failure,
    }));
  }

  private async one(sql: string, values: unknown[] = []): Promise<StoredCheckpoint | null> {
    const [row] = await this.database.query<CheckpointRow[]>(sql, values);
    return row ? stored(row) : null;
  }
}

interface SinkRow {
  readonly name: string;
  readonly kind: string;
  readonly size: number;
  readonly published_at: string | null;
  readonly failing_since: string | null;
  readonly failure: string | null;
}

function stored({ size, note, signed_at }: CheckpointRow): StoredCheckpoint {
  return { size, note, signedAt: timestampOfPostgres(signed_at) };
}
