import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkBackup, type CheckedBackup } from './backup/check.js';
import type { BackupHeader } from './backup/backup-file.js';
import { saveBackup } from './backup/save.js';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { openDatabase } from './database.js';
import { showProgress, type Progress } from './progress.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

const HELP = `Usage: npm run backup -- [FILE] [--json]

Writes every table of DATABASE_URL (of the environment or .env), as they are at one moment, into one packed SQL file, while
servers go on. Then reads the file back and verifies it: each table is whole, and the log in it holds from its first event to
its head. Without DATABASE_URL it saves the embedded database of SUBSTRATE_DATA, whose server must be stopped.

  FILE       where to; a new file (backups/echo-substrate-<time>.sql.gz)
  --json     the result as one JSON document on standard output
  --help     this text

The file holds password hashes and sessions: keep it like a secret. LOG_SIGNING_KEY and SECRET_KEY are not in it.

Exit codes: 0 written and verified; 1 what was written does not verify (it is left with .unverified behind its name);
2 it could not be written.
`;

async function main(args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parse(args);
  if (values.help === true) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  const [file = defaultFile(), ...rest] = positionals;
  if (rest.length > 0) throw new CliError('one FILE is enough (see --help)');
  if (existsSync(file)) throw new CliError(`${file} is there already and was left as it is`);
  const draft = `${file}.unverified`;
  await mkdir(dirname(file), { recursive: true });
  const { log } = await save(draft);
  const checked = await check(draft, log.size);
  if (checked.fault === null) await rename(draft, file);
  await report(checked, checked.fault === null ? file : draft, values.json === true);
  return checked.fault === null ? EXIT.ok : EXIT.failed;
}

function parse(args: readonly string[]) {
  try {
    const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

function defaultFile(): string {
  const time = new Date().toISOString().replace(/\.\d+/, '').replaceAll(/[:-]/g, '');
  return join('backups', `echo-substrate-${time}.sql.gz`);
}

async function save(draft: string): Promise<BackupHeader> {
  const database = await openDatabase({ create: false });
  const state = { total: 0, done: 0, table: '' };
  let progress: Progress | null = null;
  try {
    return await saveBackup(database.url, draft, {
      begin: (rows) => {
        progress = showProgress({ total: rows, done: () => state.done, words: () => `rows saved, ${state.table}` });
      },
      saved: (table, rows) => {
        state.table = table;
        state.done += rows;
      },
    });
  } catch (error) {
    // Nobody should take half a file for a backup; one that was there before is not ours.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(draft, { force: true });
    throw error;
  } finally {
    (progress as Progress | null)?.end();
    await database.close();
  }
}

async function check(draft: string, total: number): Promise<CheckedBackup> {
  let events = 0;
  terminal.err('verifying what was written');
  const progress = showProgress({ total, done: () => events, words: () => 'events verified' });
  try {
    return await checkBackup(draft, (checked) => (events = checked));
  } finally {
    progress.end();
  }
}

async function report({ header, rows, fault }: CheckedBackup, file: string, json: boolean): Promise<void> {
  const bytes = (await stat(file)).size;
  const verified = fault === null;
  if (json) {
    terminal.out(JSON.stringify({ file, bytes, verified, fault, ...header, tables: rows }, null, 2));
    return;
  }
  terminal.out(`${file}: ${bytes} bytes, ${header.rows} rows of ${Object.keys(rows).length} tables`);
  terminal.out(
    verified
      ? `verified: ${header.log.size} events of ${header.log.origin ?? 'a log that has not begun'}, head ${header.log.hash ?? 'none'}`
      : `it does NOT verify: ${fault}`,
  );
}

await runCommand(main);
