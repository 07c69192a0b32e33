import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CliError } from '../cli-error.js';

const SERVER_ENTRY = fileURLToPath(new URL('../../main.js', import.meta.url));

/** A first start makes a database cluster and its tables: a few seconds, more on a busy machine. */
const START_TIMEOUT_MS = 90_000;
const POLL_EVERY_MS = 150;
/** The server finishes what it accepted and stops its database; after this it is ended the hard way. */
const STOP_TIMEOUT_MS = 20_000;
/** Lines of the server's log that are shown when it does not start. */
const LOG_TAIL_LINES = 15;

/**
 * The only variables handed on. A shell or a file prepared for a real substrate may name its database and keys, and the
 * demo must never write there.
 */
const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|LD_LIBRARY_PATH|SYSTEMROOT|APPDATA|LOCALAPPDATA)$/i;

/** A substrate of the demo's own, with a fresh data folder. */
export interface ServerProcess {
  readonly url: string;
  readonly dataFolder: string;
  readonly logFile: string;
  /** Resolves when the server has ended by itself or by `stop`. */
  readonly ended: Promise<void>;
  /** Asks the server to finish and waits until it has. */
  stop(): Promise<void>;
}

/**
 * Starts the server and waits until it is healthy.
 * @throws CliError with the end of the server's log when it does not come up
 */
export async function startServer(
  firstUser: { username: string; password: string },
  wantedPort: number | null,
  stopRequested: AbortSignal,
): Promise<ServerProcess> {
  const port = wantedPort ?? (await freePort());
  const dataFolder = resolve('data', `demo-${new Date().toISOString().replace(/[:.]/g, '-')}`);
  const logFile = `${dataFolder}.log`;
  await mkdir(dirname(dataFolder), { recursive: true });
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, ['--enable-source-maps', SERVER_ENTRY], {
    // Away from the project's root, where a .env may lie; in a group of its own, so that Ctrl-C reaches it through us only.
    cwd: dirname(dataFolder),
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name))),
      NODE_ENV: 'development',
      API_HOST: '127.0.0.1',
      API_PORT: String(port),
      SUBSTRATE_DATA: dataFolder,
      BOOTSTRAP_USERNAME: firstUser.username,
      BOOTSTRAP_PASSWORD: firstUser.password,
    },
  });
  closeSync(log);
  // However this process ends, the server must not stay behind without its owner.
  process.once('exit', () => child.kill('SIGTERM'));
  const ended = once(child, 'exit').then(() => undefined);
  const server = { url: `http://127.0.0.1:${port}`, dataFolder, logFile, ended, stop: () => stopChild(child, ended) };
  if (await becameHealthy(server.url, child, stopRequested)) return server;
  await server.stop();
  if (stopRequested.aborted) throw new CliError('stopped before the server was up');
  throw new CliError(`the server did not start; its log (${logFile}) ends with\n${await tailOf(logFile)}`);
}

async function becameHealthy(url: string, child: ChildProcess, stopRequested: AbortSignal): Promise<boolean> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (isRunning(child) && performance.now() < deadlineMs && !stopRequested.aborted) {
    try {
      if ((await fetch(`${url}/health`, { signal: AbortSignal.timeout(START_TIMEOUT_MS) })).ok) return true;
    } catch {
      // Not listening yet: the next poll tells.
    }
    await sleep(POLL_EVERY_MS);
  }
  return false;
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (!isRunning(child)) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new CliError('no free port: give --port');
  return address.port;
}

async function tailOf(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
