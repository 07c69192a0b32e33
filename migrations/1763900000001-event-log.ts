import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The spine: the chained log, its head, and what stands beside it. */
export class EventLog1763900000001 implements MigrationInterface {
  name = 'EventLog1763900000001';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create function refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'rows of % are never changed or removed', tg_table_name using errcode = 'restrict_violation';
      end $$`);
    await db.query(`
      create table event_log (
        id bigint primary key,
        previous_event_id bigint,
        hash bytea not null,
        body text not null,
        type text not null,
        outcome text not null,
        actor_id text not null,
        subject_id text,
        occurred_at timestamptz not null,
        request_id text not null,
        constraint event_log_follows check (previous_event_id is not distinct from nullif(id - 1, 0))
      )`);
    await db.query('create index event_log_type on event_log (type, id)');
    await db.query('create index event_log_actor on event_log (actor_id, id)');
    await db.query('create index event_log_subject on event_log (subject_id, id)');
    await db.query(`create index event_log_refused on event_log (outcome, id) where outcome <> 'succeeded'`);
    await db.query('create index event_log_occurred_at on event_log using brin (occurred_at)');
    await db.query(`create trigger event_log_append_only before update or delete on event_log
      for each row execute function refuse_change()`);
    await db.query(`create trigger event_log_no_truncate before truncate on event_log
      for each statement execute function refuse_change()`);
    await db.query(`
      create table log_head (
        singleton boolean primary key default true,
        event_id bigint not null,
        hash bytea,
        range bytea not null,
        constraint log_head_single check (singleton)
      ) with (fillfactor = 50)`);
    await db.query(`insert into log_head (event_id, hash, range) values (0, null, ''::bytea)`);
    await db.query(`
      create table event_texts (
        event_id bigint not null,
        member text not null,
        text text not null,
        primary key (event_id, member)
      )`);
    await db.query(`
      create table idempotency_records (
        id uuid primary key,
        fingerprint text not null,
        status integer not null,
        body text not null,
        expires_at timestamptz not null
      )`);
    await db.query('create index idempotency_records_expires_at on idempotency_records using brin (expires_at)');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table idempotency_records, event_texts, log_head, event_log');
    await db.query('drop function refuse_change');
  }
}
