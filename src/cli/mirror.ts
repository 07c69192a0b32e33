import { parseArgs } from 'node:util';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { givenLogKey } from './note-file.js';
import { fetchMirror, type Mirrored } from './mirror/fetch-mirror.js';
import { runCommand } from './run-command.js';
import { SubstrateClient } from './substrate-client.js';
import { UserSession } from './substrate-credentials.js';
import { terminal } from './terminal.js';

const HELP = `Usage: npm run mirror -- --url URL --dir DIR [--vkey STRING|FILE] [--json]

Copies a log's tiles (C2SP tlog-tiles) into a folder: the newest published checkpoint, every hash tile that it covers, and the
events themselves. Run it again to fetch what is new; what is there and full is not fetched again. npm run verify -- --tiles DIR
verifies the folder, without the server.

  --url URL            the server, without a path
  --dir DIR            the folder; made where it is missing
  --vkey STRING|FILE   the log's verifier key: a checkpoint that it has not signed is refused before anything is fetched
  --json               the result as one JSON document on standard output
  --help               this text

Events are for those who may read the log: AUDITOR_NAME and AUDITOR_PASSWORD in the environment are the user.

Exit codes: 0 mirrored; 1 the log is not the one that was mirrored before: it is shorter, or its beginning is another; 2 it could
not be mirrored.
`;

async function main(args: readonly string[]): Promise<ExitCode> {
  const { url, dir, vkey, ...flags } = parse(args);
  if (flags.help === true) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  if (url === undefined || !URL.canParse(url)) throw new CliError('which server? Give --url URL (see --help)');
  if (dir === undefined) throw new CliError('where to? Give --dir DIR (see --help)');
  const { AUDITOR_NAME: name, AUDITOR_PASSWORD: password } = process.env;
  if (!name || !password) throw new CliError('AUDITOR_NAME and AUDITOR_PASSWORD are not set: who may read the log?');
  const key = vkey === undefined ? null : givenLogKey('--vkey', vkey);
  const client = new SubstrateClient({ url });
  const session = await UserSession.login(client, name, password);
  const done = await fetchMirror({ url: client.url, dir, key, bearer: () => session.bearer() });
  report(done, dir, flags.json === true);
  return EXIT.ok;
}

function parse(args: readonly string[]) {
  try {
    const options = {
      url: { type: 'string' },
      dir: { type: 'string' },
      vkey: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

function report(done: Mirrored, dir: string, json: boolean): void {
  if (json) terminal.out(JSON.stringify({ dir, ...done }, null, 2));
  else terminal.out(`${dir} has ${done.size} events of ${done.origin}; ${done.fetched} files were fetched`);
}

await runCommand(main);
