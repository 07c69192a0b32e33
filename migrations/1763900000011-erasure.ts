import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Texts beside the log: each with a key of its own, and a salt where it is about a person, so that commands can erase them. */
export class Erasure1763900000011 implements MigrationInterface {
  name = 'Erasure1763900000011';

  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table event_texts add column id text, add column salt text');
    await db.query(`update event_texts set id = event_id || '/' || member`);
    await db.query('alter table event_texts drop constraint event_texts_pkey, alter column id set not null');
    await db.query('alter table event_texts add primary key (id)');
    await db.query('create index event_texts_event_id on event_texts (event_id)');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop index event_texts_event_id');
    await db.query('alter table event_texts drop constraint event_texts_pkey, drop column id, drop column salt');
    await db.query('alter table event_texts add primary key (event_id, member)');
  }
}
