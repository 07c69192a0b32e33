import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users, what they prove themselves with, their sessions, and the count of failed logins. */
export class Identity1763900000002 implements MigrationInterface {
  name = 'Identity1763900000002';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table users (
        id uuid primary key,
        username text not null constraint users_username unique,
        roles text[] not null,
        disabled boolean not null,
        created_at timestamptz not null,
        activated_at timestamptz
      )`);
    await db.query(`
      create table user_credentials (
        user_id uuid primary key,
        password_hash text,
        activation_hash text constraint user_credentials_activation_hash unique,
        activation_expires_at timestamptz
      )`);
    await db.query(`
      create table sessions (
        token_hash text primary key,
        family_id uuid not null,
        user_id uuid not null,
        password_set_at timestamptz not null,
        issued_at timestamptz not null,
        expires_at timestamptz not null,
        rotated_at timestamptz
      )`);
    await db.query('create index sessions_family on sessions (family_id)');
    await db.query('create index sessions_user on sessions (user_id)');
    await db.query(`
      create table throttles (
        key text primary key,
        hits integer not null,
        window_ends_at timestamptz not null
      )`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('drop table throttles, sessions, user_credentials, users');
  }
}
