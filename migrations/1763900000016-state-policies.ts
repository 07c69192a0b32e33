import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseBegun } from './refuse-begun.js';

/** What each state does is a table; the state knows on whose word it is what it is. */
export class StatePolicies1763900000016 implements MigrationInterface {
  name = 'StatePolicies1763900000016';

  async up(db: QueryRunner): Promise<void> {
    await refuseBegun(db);
    await db.query('alter table substrate_state add column raised_by text not null');
    await db.query(`
      create table state_policies (
        state text primary key,
        may_act text[] not null,
        limits_share double precision not null,
        approvals jsonb not null,
        sensitivity double precision not null,
        dwell_seconds integer not null,
        quiet_seconds integer not null,
        version integer not null
      )`);
    await db.query(`
      create index immune_findings_answered on immune_findings (event_id) where mode = 'on' and answer <> 'flag'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop index immune_findings_answered');
    await db.query('drop table state_policies');
    await db.query('alter table substrate_state drop column raised_by');
  }
}
