import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../migrations/index.js';
import { clientOptions, createClient } from './client.js';
import { grantRoles } from './roles.js';

/** Key of the advisory lock that lets one process migrate at a time. */
const MIGRATION_LOCK = 4_260_371_104;

/** Key of the advisory lock as SQL. @see migrate */
export const LOCK_MIGRATIONS = `select pg_advisory_xact_lock(${MIGRATION_LOCK})`;

/** Names of all migrations, in order. */
export const MIGRATION_NAMES: readonly string[] = MIGRATIONS.map((migration) => migration.name);

/** What a migration did. */
export interface Migrated {
  /** Names of the migrations that ran. */
  readonly done: readonly string[];
  /** Why the roles of the database were not made; null: they were, or nothing had to be done. */
  readonly withoutRoles: string | null;
}

/**
 * Brings a database to the present schema; safe when several replicas start at once, and when there is nothing to do.
 * Then makes the roles of the database, where something was changed.
 * @param count of the first migrations only: the schema of an older backup
 */
export async function migrate(url: string, count = MIGRATIONS.length): Promise<Migrated> {
  // The lock is waited for on a client of its own: it has no lock timeout, which would end the wait.
  const lock = createClient(url, 'migration');
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const { options } = clientOptions(url, 'migration');
    const database = await new DataSource({
      type: 'postgres',
      url,
      migrations: MIGRATIONS.slice(0, count),
      migrationsTableName: 'schema_migrations',
      extra: { options, max: 1 },
    }).initialize();
    try {
      const done = await database.runMigrations({ transaction: 'each' });
      const isWhole = count === MIGRATIONS.length;
      const withoutRoles = done.length > 0 && isWhole ? await grantRoles(lock) : null;
      return { done: done.map((m) => m.name), withoutRoles };
    } finally {
      await database.destroy();
    }
  } finally {
    await lock.end();
  }
}
