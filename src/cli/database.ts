import { existsSync } from 'node:fs';
import { loadDotEnv, readVariable } from '../platform/config/load-config.js';
import { CliError } from './cli-error.js';
import { startEmbeddedPostgres } from '../platform/database/embedded-postgres.js';

/** The database that a command works on. */
export interface CommandDatabase {
  readonly url: string;
  /** Lets go of it: an embedded PostgreSQL ends. */
  close(): Promise<void>;
}

/** DATABASE_URL (or the content of DATABASE_URL_FILE) of the environment or of `.env`; null when neither has it. */
export function configuredDatabaseUrl(): string | null {
  loadDotEnv();
  return readVariable(process.env, 'DATABASE_URL');
}

/**
 * The configured database or, without one, the embedded PostgreSQL of SUBSTRATE_DATA, which must not be in use.
 * @throws EmbeddedPostgresError saying what to do
 */
export async function openDatabase(options: { create: boolean }): Promise<CommandDatabase> {
  const url = configuredDatabaseUrl();
  if (url !== null) return { url, close: () => Promise.resolve() };
  const dataDir = process.env['SUBSTRATE_DATA'] || './data';
  if (!options.create && !existsSync(dataDir)) {
    throw new CliError(`DATABASE_URL is not set, and there is no embedded database in ${dataDir}`);
  }
  const embedded = await startEmbeddedPostgres({ dataDir });
  return { url: embedded.url, close: () => embedded.stop() };
}
