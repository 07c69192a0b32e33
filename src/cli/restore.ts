import { parseArgs } from 'node:util';
import { loadBackup, type LoadedBackup } from './backup/load.js';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { openDatabase } from './database.js';
import { showProgress, type Progress } from './progress.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

const HELP = `Usage: npm run restore -- FILE [--json]

Restores a backup of npm run backup into DATABASE_URL (of the environment or .env), which must have no log: a new database, or
one whose tables are empty. Everything happens in one transaction that is committed only when the log verifies, event by event,
against its head and against what the backup says. Without DATABASE_URL it restores into the embedded database of
SUBSTRATE_DATA, whose server must be stopped.

  --json     the result as one JSON document on standard output
  --help     this text

What happened after the backup is lost, and the log is shorter than it was: checkpoints that somebody took later will not
fit. Say so to your auditors before they find it.

Exit codes: 0 restored and verified; 1 what the file holds does not verify, and nothing was restored; 2 it could not be
restored, and nothing was.
`;

async function main(args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new CliError('which FILE? (see --help)');
  const loaded = await load(file);
  report(loaded, file, values.json === true);
  return EXIT.ok;
}

function parse(args: readonly string[]) {
  try {
    const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

async function load(file: string): Promise<LoadedBackup> {
  const database = await openDatabase({ create: true });
  const state = { done: 0, words: '' };
  let progress: Progress | null = null;
  try {
    return await loadBackup(database.url, file, {
      begin: (rows) => {
        progress = showProgress({ total: rows, done: () => state.done, words: () => state.words });
      },
      loaded: (table, rows) => {
        state.done += rows;
        state.words = `rows loaded, ${table}`;
      },
      verifying: (events) => (state.words = `rows loaded, ${events} events verified`),
    });
  } finally {
    (progress as Progress | null)?.end();
    await database.close();
  }
}

function report({ header, rows, verification }: LoadedBackup, file: string, json: boolean): void {
  if (json) {
    terminal.out(JSON.stringify({ file, verified: true, ...header, tables: rows, verification }, null, 2));
    return;
  }
  terminal.out(`${file} of ${header.created_at}: ${header.rows} rows restored into ${Object.keys(rows).length} tables`);
  const { origin, hash } = header.log;
  terminal.out(
    `verified: ${verification.events_checked} events of ${origin ?? 'a log that has not begun'}, head ${hash ?? 'none'}`,
  );
}

await runCommand(main);
