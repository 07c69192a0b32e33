import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Metabolism1763900000004 } from './1763900000004-metabolism.js';

/**
 * Scopes, their sums and limits, and own prices; holds and the ledger know the scopes they stand in and may have several
 * units. Tables are the fold of the log, so rows of a log that knew none of this cannot be carried over by changing tables.
 */
export class Hierarchy1763900000012 implements MigrationInterface {
  name = 'Hierarchy1763900000012';

  async up(db: QueryRunner): Promise<void> {
    await refuseFilled(db);
    await db.query('drop table cost_ledger, holds, budgets');
    await db.query(`
      create table scopes (
        id text primary key,
        kind text not null,
        name text,
        parent_id text,
        thresholds jsonb,
        created_at timestamptz not null
      )`);
    await db.query('create index scopes_parent_id on scopes (parent_id)');
    await db.query(`
      create table accounts (
        scope_id text primary key,
        balances jsonb not null
      ) with (fillfactor = 50)`);
    await db.query(`
      create table limits (
        id uuid primary key,
        scope_id text not null,
        unit text not null,
        limit_nano numeric not null,
        period jsonb not null,
        window_start timestamptz not null,
        window_end timestamptz,
        since_event_id bigint not null,
        base_nano numeric not null,
        carried_nano numeric not null,
        forgiven_nano numeric not null,
        funded_nano numeric not null,
        funded_until timestamptz,
        marks jsonb,
        told integer not null,
        told_at timestamptz,
        in_debt boolean not null
      ) with (fillfactor = 70)`);
    await db.query('create index limits_scope_id on limits (scope_id)');
    await db.query(`
      create table holds (
        action_id uuid primary key,
        agent_id text not null,
        action_type text not null,
        amounts jsonb not null,
        scopes text[] not null,
        pricing jsonb,
        status text not null,
        authorized_at timestamptz not null,
        expires_at timestamptz not null,
        event_id bigint not null,
        costs jsonb,
        settled_at timestamptz,
        settled_event_id bigint
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
        booked_at timestamptz not null,
        estimated boolean not null,
        scopes text[] not null,
        model text,
        pricing jsonb,
        corrects uuid
      )`);
    await db.query('create index cost_ledger_agent on cost_ledger (agent_id, id)');
    await db.query('create index cost_ledger_occurred_at on cost_ledger using brin (occurred_at)');
    await db.query('create index cost_ledger_corrects on cost_ledger (corrects) where corrects is not null');
    await db.query(`create index cost_ledger_model on cost_ledger (model, id) where model is not null`);
    await db.query(`
      create table cost_rollups (
        grain text not null,
        bucket timestamptz not null,
        agent_id text not null,
        unit text not null,
        cost_type text not null,
        model text not null,
        scopes text[] not null,
        amount_nano numeric not null,
        entries bigint not null,
        primary key (grain, bucket, agent_id, unit, cost_type, model, scopes)
      ) with (fillfactor = 70)`);
    await db.query(`
      create table prices (
        id uuid primary key,
        model text not null,
        valid_from timestamptz not null,
        card jsonb not null,
        created_at timestamptz not null,
        event_id bigint not null
      )`);
    await db.query('create index prices_model on prices (model, valid_from)');
    for (const table of ['cost_ledger', 'prices']) {
      await db.query(`create trigger ${table}_append_only before update or delete on ${table}
        for each row execute function refuse_change()`);
      await db.query(`create trigger ${table}_no_truncate before truncate on ${table}
        for each statement execute function refuse_change()`);
    }
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table prices, cost_rollups, cost_ledger, holds, limits, accounts, scopes');
    await new Metabolism1763900000004().up(db);
  }
}

/** @throws Error when something was allocated, held or booked already */
async function refuseFilled(db: QueryRunner): Promise<void> {
  for (const table of ['budgets', 'holds', 'cost_ledger']) {
    const rows = (await db.query(`select 1 from ${table} limit 1`)) as unknown[];
    if (rows.length === 0) continue;
    throw new Error(
      `${table} has rows of a log that was written before 4.0.0; keep an export of it, and start with an empty database`,
    );
  }
}
