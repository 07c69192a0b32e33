import { parseArgs } from 'node:util';
import { createClient } from '../platform/database/client.js';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { openDatabase, type CommandDatabase } from './database.js';
import { derivedTables } from './derived-tables.js';
import { checksOf, examine, type Diagnosis } from './doctor/checks.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

const HELP = `Usage: npm run doctor -- [options]

Proves that the books follow from the actions: what every scope holds, has booked and owes, what each limit's window bears, and the
sums by time. Reads only, at one moment; servers go on meanwhile. The database is DATABASE_URL of the environment or .env; without it, the
embedded one of SUBSTRATE_DATA, whose server must be stopped. (npm run verify proves that the tables are what the log says.)

  --database URL   another database; a role that may only read is enough
  --most N         differences that are told of each check (20)
  --json           the result as one JSON document on standard output
  --help           this text

Exit codes: 0 all of it follows, 1 something does not, 2 it could not be found out.
`;

/** Differences that are told of each check unless asked otherwise. */
const MOST_DEFAULT = '20';

interface Options {
  readonly database: string | null;
  readonly most: number;
  readonly json: boolean;
}

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = readOptions(args);
  if (options === null) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  const database = await databaseOf(options);
  try {
    const diagnoses = await examineAll(database.url, options);
    const isSound = diagnoses.every(({ ailments }) => ailments.length === 0);
    if (options.json) terminal.out(JSON.stringify({ sound: isSound, checks: diagnoses }, null, 2));
    else report(diagnoses, options.most);
    return isSound ? EXIT.ok : EXIT.failed;
  } finally {
    await database.close();
  }
}

function readOptions(args: readonly string[]): Options | null {
  const { values } = parse(args);
  if (values.help === true) return null;
  if (!/^[1-9]\d{0,5}$/.test(values.most)) throw new CliError('--most needs a whole number (see --help)');
  return { database: values.database ?? null, most: Number(values.most), json: values.json === true };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        database: { type: 'string' },
        most: { type: 'string', default: MOST_DEFAULT },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

async function databaseOf({ database }: Options): Promise<CommandDatabase> {
  if (database === null) return openDatabase({ create: false });
  return { url: database, close: () => Promise.resolve() };
}

/** All checks see the database at one moment. */
async function examineAll(url: string, { most, json }: Options): Promise<Diagnosis[]> {
  const client = createClient(url, 'audit');
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const diagnoses: Diagnosis[] = [];
    for (const check of checksOf(derivedTables())) {
      if (!json) terminal.err(`${check.name} ...`);
      diagnoses.push(await examine(client, check, most));
    }
    return diagnoses;
  } finally {
    await client.end();
  }
}

function report(diagnoses: readonly Diagnosis[], most: number): void {
  for (const { check, looked_at: count, of, ailments } of diagnoses) {
    const isSound = ailments.length === 0;
    terminal.out(terminal.paint(isSound ? 'green' : 'red', `${isSound ? 'yes' : 'NO '}  ${check} (${count} ${of})`));
    for (const { place, unit, what, expected, found } of ailments)
      terminal.out(`     ${place}: ${what} would be ${expected} ${unit} and is ${found} ${unit}`.trimEnd());
    if (ailments.length === most) terminal.out(`     and perhaps more: --most tells more than ${most}`);
  }
}

await runCommand(main);
