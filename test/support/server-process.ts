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
  const main = join(process.cwd(), 'dist/src/main.js');
  const child = spawn(process.execPath, [main], {
    // Not in the project: somebody's .env is no part of a test.
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], API_PORT: '0', LOG_LEVEL: 'error', ...environment },
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
      const url = /listens on (http:\S+)/.exec(output)?.[1];
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
