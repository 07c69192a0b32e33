import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { runCommand } from './run-command.js';
import { listenForStop } from './stop-signal.js';
import { terminal } from './terminal.js';
import { openFolder, openMemory } from './witness/folder.js';
import type { FolderLock } from './witness/folder-lock.js';
import { witnessServer } from './witness/http.js';
import { readWitnessOptions, WITNESS_HELP, type ForgetOptions, type ServeOptions } from './witness/options.js';
import { makeReport } from './witness/report.js';
import { Witness } from './witness/witness.js';

/** How long a stop waits for requests to end, in ms, before it closes their connections. */
const STOP_MS = 10_000;
/** How often a stop closes connections that have fallen idle, in ms. */
const IDLE_LOOK_MS = 50;

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = readWitnessOptions(args);
  if (options === null) {
    terminal.out(WITNESS_HELP);
    return EXIT.ok;
  }
  return options.task === 'serve' ? serve(options) : forget(options);
}

async function serve({ name, logs, data, host, port, json }: ServeOptions): Promise<ExitCode> {
  const stop = listenForStop('stopping after the requests in flight; once more to end at once');
  const { memory, privateKey, lock } = await openFolder(data, name);
  try {
    tellStale(data, lock);
    const witness = new Witness(memory, privateKey, logs);
    const report = makeReport(json);
    const server = witnessServer(witness, report).listen(port, host);
    await once(server, 'listening').catch((error: Error) => {
      throw new CliError(`cannot listen: ${error.message}`);
    });
    report.started(urlOf(server, host), witness.status());
    if (!stop.aborted) await once(stop, 'abort');
    await close(server);
  } finally {
    await lock.release();
  }
  return EXIT.ok;
}

async function forget({ origin, data, json }: ForgetOptions): Promise<ExitCode> {
  const { memory, lock } = await openMemory(data);
  try {
    tellStale(data, lock);
    const known = memory.of(origin);
    if (!known) throw new CliError(`${data} remembers nothing of ${origin}`);
    await memory.forget(origin);
    makeReport(json).forgot(known);
  } finally {
    await lock.release();
  }
  return EXIT.ok;
}

function tellStale(data: string, { stalePid }: FolderLock): void {
  if (stalePid !== null)
    terminal.err(`${data}: the witness with pid ${stalePid} did not end in order; went on from what it kept`);
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function close(server: Server): Promise<void> {
  // Node lets connections that fall idle during the close wait for their keep-alive time.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
  const late = setTimeout(() => server.closeAllConnections(), STOP_MS);
  await new Promise((done) => server.close(done));
  clearInterval(idle);
  clearTimeout(late);
}

await runCommand(main);
