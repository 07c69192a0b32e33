import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a command ended, and what it said. */
export interface CliRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a built command as a person would, in a folder without a `.env`. */
export function runCli(
  name: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  cwd = tmpdir(),
): Promise<CliRun> {
  const child = spawn(process.execPath, [join(process.cwd(), `dist/src/cli/${name}.js`), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...environment },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => child.once('close', (status) => done({ status, stdout, stderr })));
}
