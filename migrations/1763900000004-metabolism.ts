import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Budgets, holds and the ledger. */
export class Metabolism1763900000004 implements MigrationInterface {
  name = 'Metabolism1763900000004';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table budgets (
        id text primary key,
        agent_id text not null,
        unit text not null,
        total_nano numeric not null,
        spent_nano numeric not null,
        reserved_nano numeric not null,
        debt_nano numeric not null,
        carried_nano numeric not null,
        window_start timestamptz not null,
        window_end timestamptz not null
      ) with (fillfactor = 50)`);
    await db.query('create index budgets_agent_id on budgets (agent_id)');
    await db.query(`
      create table holds (
        action_id uuid primary key,
        agent_id text not null,
        action_type text not null,
        unit text not null,
        amount_nano bigint not null,
        status text not null,
        authorized_at timestamptz not null,
        expires_at timestamptz not null,
        event_id bigint not null,
        cost_nano bigint,
        settled_at timestamptz,
        settled_event_id bigint,
        window_start timestamptz
      ) with (fillfactor = 70)`);
    await db.query('create index holds_agent on holds (agent_id, action_id)');
    await db.query(`create index holds_open on holds (expires_at) where status = 'authorized'`);
    await db.query(`
      create table cost_ledger (
        id uuid primary key,
        event_id bigint not null,
        agent_id text not null,
        action_id uuid,
        cost_type text not null,
        amount_nano bigint not null,
        unit text not null,
        occurred_at timestamptz not null,
        estimated boolean not null,
        window_start timestamptz not null
      )`);
    await db.query('create index cost_ledger_agent on cost_ledger (agent_id, id)');
    await db.query('create index cost_ledger_occurred_at on cost_ledger using brin (occurred_at)');
    await db.query(`create trigger cost_ledger_append_only before update or delete on cost_ledger
      for each row execute function refuse_change()`);
    await db.query(`create trigger cost_ledger_no_truncate before truncate on cost_ledger
      for each statement execute function refuse_change()`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table cost_ledger, holds, budgets');
  }
}
