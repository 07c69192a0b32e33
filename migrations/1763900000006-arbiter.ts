import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The state of the substrate. */
export class Arbiter1763900000006 implements MigrationInterface {
  name = 'Arbiter1763900000006';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table substrate_state (
        id text primary key,
        current_state text not null,
        since timestamptz not null,
        trigger text not null,
        event_id bigint not null
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table substrate_state');
  }
}
