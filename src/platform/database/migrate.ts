import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../migrations/index.js';
import { clientOptions, createClient } from './client.js';

/** Key of the advisory lock that lets one process migrate at a time. */
const MIGRATION_LOCK = 4_260_371_104;

/** Key of the advisory lock as SQL. @see migrate */
export const LOCK_MIGRATIONS = `select pg_advisory_xact_lock(${MIGRATION_LOCK})`;

/** Names of all migrations, in order. */
export const MIGRATION_NAMES: readonly string[] = MIGRATIONS.map((migration) => migration.name);

/**
 * Brings a database to the present schema; safe when several replicas start at once, and when there is nothing to do.
 * Answers the names of the migrations that it ran.
 * @param count of the first migrations only: the schema of an older backup
 */
export async function migrate(url: string, count = MIGRATIONS.length): Promise<string[]> {
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
      return done.map((m) => m.name);
    } finally {
      await database.destroy();
    }
  } finally {
    await lock.end();
  }
}
