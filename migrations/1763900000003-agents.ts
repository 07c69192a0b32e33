import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Agents, their keys and when they were last heard of. */
export class Agents1763900000003 implements MigrationInterface {
  name = 'Agents1763900000003';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table agents (
        agent_id text primary key,
        type text not null,
        description text,
        capabilities text[],
        source_uri text,
        registered_at timestamptz not null,
        status text not null,
        status_reason text,
        status_since timestamptz not null,
        status_event_id bigint not null,
        on_probation boolean not null
      )`);
    await db.query(`
      create table agent_keys (
        key_id uuid primary key,
        agent_id text not null,
        prefix text not null,
        created_at timestamptz not null,
        expires_at timestamptz
      )`);
    await db.query('create index agent_keys_agent_id on agent_keys (agent_id)');
    await db.query(`
      create table agent_key_secrets (
        key_id uuid primary key,
        agent_id text not null,
        key_hash text not null constraint agent_key_secrets_key_hash unique
      )`);
    await db.query(`
      create table agent_presence (
        agent_id text primary key,
        last_seen timestamptz not null
      ) with (fillfactor = 50)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table agent_presence, agent_key_secrets, agent_keys, agents');
  }
}
