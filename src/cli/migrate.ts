import { migrate } from '../platform/database/migrate.js';
import { terminal } from './terminal.js';

const HELP = `npm run migration:run

Brings the tables of DATABASE_URL up to date, for deployments whose servers start with MIGRATE_ON_START=false.
Safe to run twice, and while servers start. Exit: 0 done, 1 it failed, 2 DATABASE_URL is not set.
`;

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    terminal.out(HELP);
    return 0;
  }
  const url = process.env['DATABASE_URL'];
  if (!url) {
    terminal.err('DATABASE_URL is not set: it names the database to migrate');
    return 2;
  }
  const done = await migrate(url);
  terminal.out(done.length === 0 ? 'nothing to do' : done.map((name) => `ran ${name}`).join('\n'));
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  terminal.err(`the migrations failed: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
