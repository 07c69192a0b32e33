import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { environmentFile } from './init-env/environment-file.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

const HELP = `Usage: npm run init-env -- [options]

Writes a complete .env for production: random secrets, the log's signing key, the first user, each variable explained.
A file that is there already is never touched: its keys may be the only ones of their log.

  --host NAME           host name of the deployment: the proxy's address and the first part of LOG_ORIGIN (localhost)
  --database-url URL    your PostgreSQL 15 or newer (the database of docker-compose.yml)
  --file PATH           where to write; - is standard output (.env)
  --json                say what was written as JSON, without secrets
  --help                this text

Exit codes: 0 written; 1 it could not be written, or is there already; 2 wrong usage.
`;

/** A DNS name or address that may stand in a log's name and a proxy's configuration. */
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,198}[A-Za-z0-9])?$/;

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = parse(args);
  if (options.help === true) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  const { host = 'localhost', file = '.env', 'database-url': databaseUrl = null } = options;
  if (!HOST.test(host)) throw new CliError(`--host: "${host}" is not a host name`);
  if (databaseUrl !== null && !/^postgres(ql)?:\/\/\S+$/.test(databaseUrl)) {
    throw new CliError('--database-url must be a URL such as postgresql://user:password@host:5432/database');
  }
  const template = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  const text = environmentFile(template, { host, databaseUrl });
  if (file === '-') {
    process.stdout.write(text);
    return EXIT.ok;
  }
  await writeNew(file, text);
  if (options.json === true) terminal.out(JSON.stringify({ file, log_origin: `${host}/log` }));
  else terminal.out(advice(file, host));
  return EXIT.ok;
}

function parse(args: readonly string[]) {
  try {
    const options = {
      host: { type: 'string' },
      'database-url': { type: 'string' },
      file: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    // `wx` makes the file or fails, and nobody else may read it.
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new CliError(
      isThere
        ? `${path} is there already and was left as it is; move it away, or give --file`
        : `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`,
      EXIT.failed,
    );
  }
}

function advice(file: string, host: string): string {
  return [
    `${file} is written, readable by you alone. The log will be called ${host}/log.`,
    'Keep a copy of LOG_SIGNING_KEY where the server cannot reach it: without the key nobody can go on with this log.',
    `The first user is BOOTSTRAP_USERNAME with BOOTSTRAP_PASSWORD in ${file}; take both out after the first start.`,
  ].join('\n');
}

await runCommand(main);
