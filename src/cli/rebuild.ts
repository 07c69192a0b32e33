import { EXIT, type ExitCode } from './cli-error.js';
import { openDatabase } from './database.js';
import { rebuild, type Rebuilt } from './rebuild/rebuild.js';
import { readRebuildOptions, REBUILD_HELP } from './rebuild/options.js';
import { describeFinding, type Finding } from '../event-log/verification/findings.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';
import { readAnchors } from './verify/anchors.js';

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = readRebuildOptions(args);
  if (options === null) {
    terminal.out(REBUILD_HELP);
    return EXIT.ok;
  }
  const anchors = readAnchors(options);
  const database = await openDatabase({ create: true });
  try {
    const { finding, rebuilt } = await rebuild(database.url, { ...options, anchors });
    if (finding) return refuse(finding, options.json);
    report(rebuilt, options.json);
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

function refuse(finding: Finding, json: boolean): ExitCode {
  if (json) terminal.out(JSON.stringify({ rebuilt: false, finding }, null, 2));
  else terminal.out(terminal.paint('red', `TAMPERED ${describeFinding(finding)}; nothing was rebuilt`));
  return EXIT.failed;
}

function report({ events, rows, activation }: Rebuilt, json: boolean): void {
  if (json) {
    terminal.out(JSON.stringify({ rebuilt: true, events, rows, activation }, null, 2));
    return;
  }
  terminal.out(terminal.paint('green', `${events} events and ${rows} rows were rebuilt, and are what the log says`));
  if (activation === null) {
    terminal.out('nobody can log in: no password is in the log; --activate USERNAME lets a maintainer in');
    return;
  }
  const { username, token } = activation;
  terminal.out(
    `shown this once, for a day: POST /api/v1/auth/activate with activation_token ${token} lets ${username} in`,
  );
}

await runCommand(main);
