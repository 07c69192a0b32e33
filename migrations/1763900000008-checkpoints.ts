import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Signed checkpoints, what witnesses said of them, and what became of the sinks that get them. */
export class Checkpoints1763900000008 implements MigrationInterface {
  name = 'Checkpoints1763900000008';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table checkpoints (
        size bigint primary key,
        note text not null,
        signed_at timestamptz not null,
        published_at timestamptz
      )`);
    await db.query('create index checkpoints_unpublished on checkpoints (size) where published_at is null');
    await db.query(`
      create table cosignatures (
        size bigint not null,
        witness text not null,
        line text not null,
        primary key (size, witness)
      )`);
    await db.query(`
      create table checkpoint_sinks (
        name text primary key,
        kind text not null,
        size bigint not null,
        published_at timestamptz,
        failing_since timestamptz,
        failure text
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table checkpoint_sinks, cosignatures, checkpoints');
  }
}
