import { ConfigError } from '../platform/config/load-config.js';
import { EmbeddedPostgresError } from '../platform/database/embedded-postgres.js';
import { sqlstateOf, isConnectionLoss } from '../platform/database/sqlstate.js';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { terminal } from './terminal.js';

/** Runs a command that works on the database or on files, and says what goes wrong in words where the reason is known. */
export async function runCommand(main: (args: readonly string[]) => Promise<ExitCode>): Promise<void> {
  process.exitCode = await main(process.argv.slice(2)).catch(explain);
}

function explain(error: unknown): ExitCode {
  if (error instanceof CliError) {
    terminal.err(error.message);
    return error.exitCode;
  }
  if (error instanceof ConfigError || error instanceof EmbeddedPostgresError) {
    terminal.err(error.message);
    return EXIT.unusable;
  }
  if (sqlstateOf(error) !== null || isConnectionLoss(error)) {
    // What tried several addresses has a code, and words only in its parts.
    const { message, code } = error as NodeJS.ErrnoException;
    terminal.err(`the database says: ${message || code || String(error)}`);
    return EXIT.unusable;
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code?.startsWith('E') === true) {
    terminal.err((error as Error).message);
    return EXIT.unusable;
  }
  throw error;
}
