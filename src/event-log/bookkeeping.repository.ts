import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { createPool } from '../platform/database/client.js';
import { DatabaseUrl } from '../platform/database/database-url.js';
import { timestampOfPostgres, type Timestamp } from '../platform/time.js';
import type { GoodPoint } from './verification/audit-increment.js';

/** Connections: each is held for a few short statements. */
const CONNECTIONS = 4;
/** Rows deleted by one statement of the clean-up: keeps its locks short and its time under the limit. */
const DELETE_MAX = 5_000;
/** Seed of the advisory locks of users' sessions, so that they meet no other lock. */
const SESSION_LOCK = 1_763_900_002;

/** A new session. */
export interface NewSession {
  readonly tokenHash: string;
  readonly familyId: string;
  readonly userId: string;
  /** When the password was set that was proven: with another one the session is void. */
  readonly passwordSetAt: Timestamp;
  readonly lifeSeconds: number;
}

/** A refresh token that is presented, and the one that takes its place. */
export interface Rotation {
  readonly tokenHash: string;
  readonly successorHash: string;
  /** Life of the successor, in seconds. */
  readonly lifeSeconds: number;
  /** How long the same token still gets the same successor, in seconds. */
  readonly graceSeconds: number;
}

/** Which of the two self-audits: of what is new, or of everything. */
export type AuditRunKind = 'incremental' | 'full';

/** What a counter of attempts says after one more. */
export interface ThrottleCount {
  readonly hits: number;
  readonly secondsLeft: number;
}

/**
 * The one place that writes what is not derived from the log by its effects: when agents were last heard of and replicas
 * could be reached, sessions, throttles, the tree's tiles, how far self-audits came, and the end of idempotency records. (Checkpoints have a repository of their own.) Everything else is written by the spine alone.
 */
@Injectable()
export class BookkeepingRepository implements OnApplicationShutdown {
  private readonly pool: pg.Pool;

  constructor({ url }: DatabaseUrl) {
    this.pool = createPool(url, 'bookkeeping', CONNECTIONS);
  }

  /** After the server is closed, since requests write until then. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  /** Notes that an agent was heard of, and when. */
  async touch(agentId: string): Promise<Timestamp> {
    const { rows } = await this.pool.query<{ last_seen: string }>(
      `insert into agent_presence (agent_id, last_seen) values ($1, clock_timestamp())
       on conflict (agent_id) do update set last_seen = excluded.last_seen returning last_seen`,
      [agentId],
    );
    return timestampOfPostgres(rows[0]?.last_seen ?? '');
  }

  /**
   * Notes that a replica can be reached, and answers for how many seconds all of them could: since the last start, the end
   * of the last stall, or the loss of one that has not said goodbye.
   * @param stallSeconds a replica that was not heard of for longer was out of reach
   */
  async pulse(replica: string, stallSeconds: number): Promise<number> {
    const { rows } = await this.pool.query<{ seconds: number }>(
      `with gone as (delete from replica_pulse where beat_at < clock_timestamp() - interval '1 day'),
       own as (
         insert into replica_pulse as r (replica, beat_at, reachable_since)
         values ($1, clock_timestamp(), clock_timestamp())
         on conflict (replica) do update set beat_at = excluded.beat_at,
           reachable_since = case when r.beat_at < excluded.beat_at - make_interval(secs => $2)
             then excluded.beat_at else r.reachable_since end
         returning reachable_since
       ),
       others as (
         select case when beat_at < clock_timestamp() - make_interval(secs => $2)
           then beat_at + make_interval(secs => $2) else reachable_since end as since
         from replica_pulse where replica <> $1
       )
       select extract(epoch from clock_timestamp() - max(since))::float8 as seconds
       from (select reachable_since as since from own union all select since from others) each`,
      [replica, stallSeconds],
    );
    return rows[0]?.seconds ?? 0;
  }

  /** A replica stops: that it is gone is no outage. */
  async endPulse(replica: string): Promise<void> {
    await this.pool.query('delete from replica_pulse where replica = $1', [replica]);
  }

  /** When agents were last heard of; those that never were are left out. */
  async lastSeen(agentIds: readonly string[]): Promise<Map<string, Timestamp>> {
    const { rows } = await this.pool.query<{ agent_id: string; last_seen: string }>(
      'select agent_id, last_seen from agent_presence where agent_id = any($1::text[])',
      [agentIds],
    );
    return new Map(rows.map((row) => [row.agent_id, timestampOfPostgres(row.last_seen)]));
  }

  /** Stores the roots of consecutive full tiles; what is there already is the same. */
  async storeTiles(level: number, first: number, roots: readonly Buffer[]): Promise<void> {
    await this.pool.query(
      `insert into log_tiles (level, index, root)
       select $1, $2::bigint + place - 1, root from unnest($3::bytea[]) with ordinality as tiles(root, place)
       on conflict do nothing`,
      [level, first, roots],
    );
  }

  /** Notes how far a self-audit came, and what it found. */
  async noteAudit(kind: AuditRunKind, good: GoodPoint, milliseconds: number, findings: number): Promise<void> {
    await this.pool.query(
      `insert into audit_runs (kind, event_id, hash, range, finished_at, duration_ms, findings)
       values ($1, $2, $3, $4, clock_timestamp(), $5, $6)
       on conflict (kind) do update set event_id = excluded.event_id, hash = excluded.hash, range = excluded.range,
         finished_at = excluded.finished_at, duration_ms = excluded.duration_ms, findings = excluded.findings`,
      [kind, good.eventId, good.hash, good.range, milliseconds, findings],
    );
  }

  /** Deletes up to `limit` idempotency records whose time is over; answers how many. */
  async deleteExpiredIdempotency(limit: number): Promise<number> {
    const { rowCount } = await this.pool.query(
      `delete from idempotency_records where id in
         (select id from idempotency_records where expires_at <= clock_timestamp() limit $1)`,
      [limit],
    );
    return rowCount ?? 0;
  }

  /** Opens a session with its first token. */
  async openSession({ tokenHash, familyId, userId, passwordSetAt, lifeSeconds }: NewSession): Promise<void> {
    await this.pool.query(
      `insert into sessions (token_hash, family_id, user_id, password_set_at, issued_at, expires_at)
       values ($1, $2, $3, $4, clock_timestamp(), clock_timestamp() + make_interval(secs => $5))`,
      [tokenHash, familyId, userId, passwordSetAt, lifeSeconds],
    );
  }

  /**
   * Exchanges a refresh token for its successor and answers whose it is, or null when it is unknown, over, of a disabled
   * user or of another password than the present one. A token that comes back after its grace was stolen or its successor
   * was: the family ends.
   */
  async rotateSession(rotation: Rotation): Promise<{ userId: string } | null> {
    const { rows } = await this.pool.query<{ user_id: string }>('select user_id from sessions where token_hash = $1', [
      rotation.tokenHash,
    ]);
    const userId = rows[0]?.user_id;
    if (userId === undefined) return null;
    const isRotated = await this.oneAtATime(userId, (client) => rotate(client, rotation));
    return isRotated ? { userId } : null;
  }

  /** Ends the family of one refresh token of a user, or all the user's sessions. */
  async endSessions(userId: string, tokenHash: string | null): Promise<void> {
    await this.oneAtATime(userId, (client) =>
      client.query(
        `delete from sessions where user_id = $1
         and ($2::text is null or family_id = (select family_id from sessions where token_hash = $2 and user_id = $1))`,
        [userId, tokenHash],
      ),
    );
  }

  /** Deletes sessions and throttles whose time is over. */
  async deleteExpiredSessions(): Promise<void> {
    await this.deleteInPieces(`delete from sessions where token_hash in
      (select token_hash from sessions where expires_at <= clock_timestamp() limit $1)`);
    await this.deleteInPieces(`delete from throttles where key in
      (select key from throttles where window_ends_at <= clock_timestamp() limit $1)`);
  }

  /** Counts one more attempt under a key; a window of so many seconds begins with the first. */
  async countAttempt(key: string, windowSeconds: number): Promise<ThrottleCount> {
    const { rows } = await this.pool.query<{ hits: number; left: number }>(
      `insert into throttles as t (key, hits, window_ends_at) values ($1, 1, clock_timestamp() + make_interval(secs => $2))
       on conflict (key) do update set
         hits = case when t.window_ends_at <= clock_timestamp() then 1 else t.hits + 1 end,
         window_ends_at = case when t.window_ends_at <= clock_timestamp() then excluded.window_ends_at else t.window_ends_at end
       returning hits, ceil(extract(epoch from window_ends_at - clock_timestamp()))::int as left`,
      [key, windowSeconds],
    );
    return { hits: rows[0]?.hits ?? 1, secondsLeft: Math.max(1, rows[0]?.left ?? 1) };
  }

  /** Takes one attempt back that turned out to be good. */
  async forgiveAttempt(key: string): Promise<void> {
    await this.pool.query('update throttles set hits = greatest(0, hits - 1) where key = $1', [key]);
  }

  private async deleteInPieces(statement: string): Promise<void> {
    while ((await this.pool.query(statement, [DELETE_MAX])).rowCount === DELETE_MAX);
  }

  /**
   * Does something with a user's sessions in one transaction, with no other such transaction of that user on any replica at
   * the same time: the end of a family must not miss a successor that is just being written. The lock is a statement of its
   * own, so that what follows sees all that its last holder did.
   */
  private async oneAtATime<T>(userId: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, $2))', [userId, SESSION_LOCK]);
      const result = await work(client);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

/** Whether the token got its successor, now or a moment ago. */
async function rotate(client: pg.PoolClient, r: Rotation): Promise<boolean> {
  const { rows } = await client.query<{ family_id: string; rotated: boolean; late: boolean }>(
    `select s.family_id, s.rotated_at is not null as rotated,
            coalesce(s.rotated_at < clock_timestamp() - make_interval(secs => $2), false) as late
     from sessions s join users u on u.id = s.user_id and u.activated_at = s.password_set_at
     where s.token_hash = $1 and s.expires_at > clock_timestamp() and not u.disabled`,
    [r.tokenHash, r.graceSeconds],
  );
  const [session] = rows;
  if (!session) return false;
  if (session.late) {
    await client.query('delete from sessions where family_id = $1', [session.family_id]);
    return false;
  }
  if (session.rotated) return true;
  await client.query('update sessions set rotated_at = clock_timestamp() where token_hash = $1', [r.tokenHash]);
  await client.query(
    `insert into sessions (token_hash, family_id, user_id, password_set_at, issued_at, expires_at)
     select $2, family_id, user_id, password_set_at, clock_timestamp(), clock_timestamp() + make_interval(secs => $3)
     from sessions where token_hash = $1`,
    [r.tokenHash, r.successorHash, r.lifeSeconds],
  );
  return true;
}
