import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Policies, what they count, and quarantines. */
export class Immune1763900000005 implements MigrationInterface {
  name = 'Immune1763900000005';

  async up(db: QueryRunner): Promise<void> {
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
      create table budget_refusals (
        event_id bigint primary key,
        agent_id text not null,
        refused_at timestamptz not null
      )`);
    await db.query('create index budget_refusals_agent_id on budget_refusals (agent_id)');
    await db.query(`
      create table quarantined_agents (
        id uuid primary key,
        agent_id text not null,
        reason text not null,
        quarantined_at timestamptz not null,
        quarantined_by_type text not null,
        quarantined_by text not null,
        evidence bigint[] not null,
        event_id bigint not null,
        released_at timestamptz,
        released_by text,
        release_reason text,
        release_event_id bigint
      )`);
    await db.query('create index quarantined_agents_agent_id on quarantined_agents (agent_id)');
    await db.query(
      `create unique index quarantined_agents_open on quarantined_agents (agent_id) where released_at is null`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table quarantined_agents, budget_refusals, immune_policies');
  }
}
