import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the substrate found when it audited itself, and how far it came. */
export class SelfAudit1763900000010 implements MigrationInterface {
  name = 'SelfAudit1763900000010';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table audit_findings (
        id text primary key,
        kind text not null,
        place text not null,
        reason text not null,
        found_at timestamptz not null,
        event_id bigint not null,
        cleared_at timestamptz,
        cleared_event_id bigint
      )`);
    await db.query('create index audit_findings_open on audit_findings (event_id) where cleared_at is null');
    await db.query(`
      create table audit_runs (
        kind text primary key,
        event_id bigint not null,
        hash bytea,
        range bytea not null,
        finished_at timestamptz not null,
        duration_ms integer not null,
        findings integer not null
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table audit_runs, audit_findings');
  }
}
