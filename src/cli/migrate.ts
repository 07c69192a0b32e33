import { migrate } from '../platform/database/migrate.js';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { configuredDatabaseUrl } from './database.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

const HELP = `npm run migration:run

Brings the tables of DATABASE_URL (of the environment or .env) up to date, for deployments whose servers start with MIGRATE_ON_START=false.
Safe to run twice, and while servers start. Exit: 0 done, 2 it could not be done.
`;

async function main(args: readonly string[]): Promise<ExitCode> {
  if (args.includes('--help')) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  const url = configuredDatabaseUrl();
  if (url === null) throw new CliError('DATABASE_URL is not set: it names the database to migrate');
  const { done, withoutRoles } = await migrate(url);
  terminal.out(done.length === 0 ? 'nothing to do' : done.map((name) => `ran ${name}`).join('\n'));
  if (withoutRoles !== null) terminal.err(`the roles of the database were not made: ${withoutRoles}`);
  return EXIT.ok;
}

await runCommand(main);
