import type { MigrationInterface, QueryRunner } from 'typeorm';
import { refuseBegun } from './refuse-begun.js';

/**
 * What agents ask for beyond what they may, who decides on it, and what was authorized on it; who registered an agent and
 * who saw its keys, since nobody approves their own; agents that may act only with an approval.
 */
export class Escalations1763900000015 implements MigrationInterface {
  name = 'Escalations1763900000015';

  async up(db: QueryRunner): Promise<void> {
    await refuseBegun(db);
    await db.query(`
      create table approval_policies (
        id text primary key,
        action_type text not null,
        approvals_needed integer not null,
        decide_within_seconds integer not null,
        usable_seconds integer not null,
        version integer not null
      )`);
    await db.query('create unique index approval_policies_action_type on approval_policies (action_type)');
    await db.query(`
      create table escalations (
        id uuid primary key,
        agent_id text not null,
        action_type text not null,
        payload_sha256 text,
        personal boolean not null,
        ceiling jsonb not null,
        pricing jsonb,
        reason text not null,
        request_sha256 text not null,
        obstacle jsonb,
        policy_id text not null,
        policy_version integer not null,
        approvals_needed integer not null,
        approvals jsonb not null,
        status text not null,
        asked_at timestamptz not null,
        decide_by timestamptz not null,
        usable_until timestamptz,
        event_id bigint not null,
        decided_by text,
        decided_at timestamptz,
        decision_reason text,
        decided_event_id bigint,
        used_action_id uuid,
        used_event_id bigint
      )`);
    await db.query('create index escalations_agent_id on escalations (agent_id, id)');
    await db.query('create index escalations_status on escalations (status, id)');
    await db.query('create index escalations_request on escalations (request_sha256)');
    await db.query(`create index escalations_due on escalations (decide_by) where status = 'pending'`);
    await db.query('alter table holds add column escalation_id uuid, add column funded jsonb');
    await db.query('alter table agents add column registered_by text not null, add column supervision jsonb');
    await db.query('alter table agent_keys add column issued_by text not null');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('alter table agent_keys drop column issued_by');
    await db.query('alter table agents drop column supervision, drop column registered_by');
    await db.query('alter table holds drop column funded, drop column escalation_id');
    await db.query('drop table escalations, approval_policies');
  }
}
