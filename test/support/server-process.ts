import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longest wait for a server to listen, in ms. */
const START_MS = 30_000;

/** A server in a process of its own, from the build. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it wrote to standard output and error. */
  output(): string;
  /** Asks it to stop and waits; answers the exit status. */
  stop(): Promise<number | null>;
}

/** Starts the built server with this environment and waits until it listens. */
export function startProcess(environment: NodeJS.ProcessEnv): Promise<ServerProcess> {
  return startBuilt('main.js', [], { API_PORT: '0', LOG_LEVEL: 'error', ...environment });
}

/** Starts a built program below `dist/src` that serves HTTP, and waits until it listens. */
export function startBuilt(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(process.cwd(), 'dist/src', program), ...args], {
    // Not in the project: somebody's .env is no part of a test.
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const stop = (): Promise<number | null> =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
      child.once('exit', (code) => resolve(code));
      child.kill('SIGTERM');
    });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server does not listen: ${output}`)), START_MS);
    const look = (chunk: Buffer): void => {
      output += chunk.toString();
      const url = /listens[ _]on[ ":]+(http:[^\s"]+)/.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve({ url, child, output: () => output, stop });
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with ${code}: ${output}`));
    });
  });
}
