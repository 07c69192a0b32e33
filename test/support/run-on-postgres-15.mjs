#!/usr/bin/env node
// Runs the integration tests on PostgreSQL 15 where pg_config finds its server. Further arguments go to Jest.
import { spawn } from 'node:child_process';
import { installedPostgres15 } from './postgres-15.mjs';

/** Random commands of the model there: what it shows of budgets it shows on the embedded one; here it is about the SQL. */
const MODEL_COMMANDS = '5000';
/** The tests of the embedded PostgreSQL itself start that one, whatever the run's server is. */
const EMBEDDED_ONLY = 'embedded-postgres';

if (installedPostgres15()) {
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
  const which = ['--selectProjects', 'int', '--testPathIgnorePatterns', EMBEDDED_ONLY];
  const child = spawn(process.execPath, [...jest, ...which, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { MODEL_COMMANDS, ...process.env, TEST_POSTGRES: '15' },
  });
  child.once('exit', (code) => process.exit(code ?? 1));
} else {
  process.stdout.write('skipped: no PostgreSQL 15 here (pg_config finds no server of that version)\n');
}
