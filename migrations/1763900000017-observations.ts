import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseBegun } from './refuse-begun.js';

/** What sensors report, which of it is watched, and what people decided about findings. */
export class Observations1763900000017 implements MigrationInterface {
  name = 'Observations1763900000017';

  async up(db: QueryRunner): Promise<void> {
    await refuseBegun(db);
    await db.query(`
      create table observations (
        id uuid primary key,
        agent_id text not null,
        event_type text not null,
        severity text not null,
        observed_at timestamptz not null,
        watched text[] not null,
        event_id bigint not null
      )`);
    await db.query('create unique index observations_event on observations (event_id)');
    await db.query('create index observations_agent on observations (agent_id, event_id)');
    await db.query(`create trigger observations_append_only before update or delete on observations
      for each row execute function refuse_change()`);
    await db.query(`create trigger observations_no_truncate before truncate on observations
      for each statement execute function refuse_change()`);
    await db.query('create table sensor_series (agent_id text primary key, series text[] not null)');
    await db.query(`
      alter table immune_findings
        add column resolution text,
        add column resolved_at timestamptz,
        add column resolved_by text,
        add column resolution_reason text,
        add column resolution_event_id bigint`);
    await db.query(`create index immune_findings_anomalies on immune_findings (event_id)
      where detector in ('observation_spike', 'reported_critical')`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop index immune_findings_anomalies');
    await db.query(`
      alter table immune_findings
        drop column resolution, drop column resolved_at, drop column resolved_by,
        drop column resolution_reason, drop column resolution_event_id`);
    await db.query('drop table sensor_series, observations');
  }
}
