import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Leases of actions, deferred actions, and orders to stop. Holds of a log that knew no leases cannot be carried over. */
export class Leases1763900000014 implements MigrationInterface {
  name = 'Leases1763900000014';

  async up(db: QueryRunner): Promise<void> {
    await refuseFilled(db);
    await db.query('alter table holds add column lease_seconds integer not null, add column begun_at timestamptz');
    await db.query(`create index holds_open_agent on holds (agent_id) where status = 'authorized'`);
    await db.query(`
      create table stop_orders (
        id uuid primary key,
        agent_id text not null,
        kind text not null,
        reason text not null,
        actions text[] not null,
        status text not null,
        requested_at timestamptz not null,
        event_id bigint not null,
        confirm_by timestamptz not null,
        answered_at timestamptz,
        answered_event_id bigint
      )`);
    await db.query('create index stop_orders_agent_id on stop_orders (agent_id)');
    await db.query(`create index stop_orders_open on stop_orders (agent_id) where status <> 'confirmed'`);
    await db.query(`create index stop_orders_due on stop_orders (confirm_by) where status = 'requested'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table stop_orders');
    await db.query('drop index holds_open_agent');
    await db.query('alter table holds drop column begun_at, drop column lease_seconds');
  }
}

/** @throws Error when the log has authorized something already: its events say nothing of leases */
async function refuseFilled(db: QueryRunner): Promise<void> {
  const rows = (await db.query('select 1 from holds limit 1')) as unknown[];
  if (rows.length === 0) return;
  throw new Error(
    'holds has rows of a log that was written before 4.0.0; keep an export of it, and start with an empty database',
  );
}
