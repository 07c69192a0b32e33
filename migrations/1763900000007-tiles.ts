import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The Merkle tree's full tiles, by their roots: whatever a tile holds is the roots of the level below, or the log's hashes. */
export class Tiles1763900000007 implements MigrationInterface {
  name = 'Tiles1763900000007';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table log_tiles (
        level smallint not null,
        index bigint not null,
        root bytea not null,
        primary key (level, index)
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table log_tiles');
  }
}
