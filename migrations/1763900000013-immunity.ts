import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseBegun } from './refuse-begun.js';

/**
 * Agents have parents, probation, throttles and silence; policies say for whom, how and how loud; findings are kept; what
 * detectors know of each agent rests beside the log, and so does when each replica could be reached.
 */
export class Immunity1763900000013 implements MigrationInterface {
  name = 'Immunity1763900000013';

  async up(db: QueryRunner): Promise<void> {
    await refuseBegun(db);
    await db.query(`
      alter table agents drop column on_probation,
        add column parent_id text,
        add column probation jsonb,
        add column throttle jsonb,
        add column silent_since timestamptz`);
    await db.query('create index agents_parent_id on agents (parent_id) where parent_id is not null');
    await db.query('create index agents_silent on agents (agent_id) where silent_since is not null');
    await db.query('drop table immune_policies');
    await db.query(`
      create table immune_policies (
        id text primary key,
        detector text not null,
        threshold double precision not null,
        window_seconds integer not null,
        scope text not null,
        answer text not null,
        mode text not null,
        cool_down_seconds integer not null,
        version integer not null
      )`);
    await db.query('create unique index immune_policies_detector on immune_policies (detector, scope)');
    await db.query(`
      alter table quarantined_agents
        add column finding_id text,
        add column inherited_from uuid`);
    await db.query(`
      create table immune_findings (
        id text primary key,
        agent_id text not null,
        policy_id text not null,
        policy_version integer not null,
        detector text not null,
        answer text not null,
        mode text not null,
        metric text not null,
        expected double precision,
        observed double precision not null,
        window_start timestamptz not null,
        window_end timestamptz not null,
        evidence bigint[] not null,
        reason text not null,
        found_at timestamptz not null,
        event_id bigint not null
      )`);
    await db.query('create unique index immune_findings_event on immune_findings (event_id)');
    await db.query('create index immune_findings_agent on immune_findings (agent_id, event_id)');
    await db.query(`
      create table immune_series (
        agent_id text primary key,
        state text not null
      ) with (fillfactor = 50)`);
    await db.query(`
      create table immune_progress (
        singleton boolean primary key default true constraint immune_progress_single check (singleton),
        judged_event_id bigint not null,
        judged_at timestamptz not null,
        saved_event_id bigint not null,
        shared text
      )`);
    await db.query(`
      create table replica_pulse (
        replica uuid primary key,
        beat_at timestamptz not null,
        reachable_since timestamptz not null
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table replica_pulse, immune_progress, immune_series, immune_findings, immune_policies');
    await db.query('alter table quarantined_agents drop column finding_id, drop column inherited_from');
    await db.query(`
      create table immune_policies (
        id text primary key,
        detector text not null,
        threshold integer not null,
        window_seconds integer not null,
        answer text not null,
        enabled boolean not null,
        version integer not null
      )`);
    await db.query(`
      alter table agents drop column parent_id, drop column probation, drop column throttle, drop column silent_since,
        add column on_probation boolean not null default false`);
    await db.query('alter table agents alter column on_probation drop default');
  }
}
