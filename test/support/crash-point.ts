import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';

/** How long a transaction stands at a crash point before it goes on, in seconds: less than a statement of the spine may take. */
const STANDS_SECONDS = 1.5;
/** Longest wait for a transaction to come to the crash point, or to be over, in ms. */
const WAIT_MS = 10_000;

/** The moment in which all is written and nothing is committed yet. */
export const COMMIT = 'commit';

/** The spine's sessions. */
const SPINE = `application_name = 'echo-substrate spine'`;

/**
 * Stops the spine's transaction where it first writes a given table, once, so that a test can kill whom it likes at that
 * moment; and counts which tables the spine writes at all. Everything of it that is counted survives a rollback.
 */
export class CrashPoint {
  private constructor(
    private readonly client: pg.Client,
    private readonly tables: readonly string[],
  ) {}

  /** @param client a superuser's, on the database of the substrate */
  static async install(client: pg.Client): Promise<CrashPoint> {
    const { rows } = await client.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind in ('r', 'p') order by 1`,
    );
    await client.query('create schema crash');
    await client.query('create table crash.point (name text not null)');
    await client.query('create sequence crash.shots');
    await client.query(`
      create function crash.stand() returns trigger language plpgsql as $$
      begin
        if current_setting('application_name') <> 'echo-substrate spine' then return null; end if;
        perform nextval(format('crash.%I', tg_argv[0]));
        if exists (select from crash.point where name = tg_argv[0]) and nextval('crash.shots') = 1 then
          perform pg_sleep(${STANDS_SECONDS});
        end if;
        return null;
      end $$`);
    const names = rows.map((row) => row.name);
    for (const name of [...names, COMMIT]) await client.query(`create sequence crash."${name}"`);
    for (const name of names) {
      await client.query(
        `create trigger crash_stand after insert or update or delete on "${name}"
         for each row execute function crash.stand('${name}')`,
      );
    }
    // Deferred triggers are the last thing before a transaction is committed.
    await client.query(
      `create constraint trigger crash_commit after update on log_head deferrable initially deferred
       for each row execute function crash.stand('${COMMIT}')`,
    );
    return new CrashPoint(client, names);
  }

  /** Every table of the substrate. */
  get all(): readonly string[] {
    return this.tables;
  }

  /** Forgets which tables were written. */
  async forget(): Promise<void> {
    for (const name of [...this.tables, COMMIT]) await this.client.query(`alter sequence crash."${name}" restart`);
  }

  /** The tables that the spine has written, or tried to, since `forget`, and whether it came to the commit. */
  async written(): Promise<string[]> {
    const { rows } = await this.client.query<{ name: string }>(
      `select sequencename as name from pg_sequences
       where schemaname = 'crash' and sequencename <> 'shots' and last_value is not null order by 1`,
    );
    return rows.map((row) => row.name);
  }

  /** The next transaction that writes this table, or comes to the commit, stands there for a moment. */
  async arm(table: string): Promise<void> {
    await this.disarm();
    await this.client.query('insert into crash.point values ($1)', [table]);
  }

  async disarm(): Promise<void> {
    await this.client.query('delete from crash.point');
    await this.client.query('alter sequence crash.shots restart');
  }

  /** Waits until a transaction stands at the armed table; answers its backend. @throws Error when none does */
  async reached(): Promise<number> {
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await pause(5)) {
      const { rows } = await this.client.query<{ pid: number }>(
        `select pid from pg_stat_activity where ${SPINE} and wait_event = 'PgSleep' and datname = current_database()`,
      );
      if (rows[0]) return rows[0].pid;
    }
    throw new Error('no transaction came to the crash point');
  }

  /** Ends a backend in the middle of its transaction. */
  async terminate(pid: number): Promise<void> {
    await this.client.query('select pg_terminate_backend($1)', [pid]);
  }

  /** Waits until no session of the spine is left: what was sent is committed or gone. */
  async untilSpineIsGone(): Promise<void> {
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await pause(10)) {
      const { rowCount } = await this.client.query(
        `select from pg_stat_activity where ${SPINE} and datname = current_database()`,
      );
      if (rowCount === 0) return;
    }
    throw new Error('a session of the spine is left');
  }
}
