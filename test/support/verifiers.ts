import { fork, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../src/event-log/verification/findings.js';
import type { CliRun } from './run-cli.js';

/** What the verifier said, with its report as JSON; null: none. */
export interface Verified {
  readonly status: number | null;
  readonly stderr: string;
  readonly report: { readonly result: string; readonly findings: readonly Finding[] } | null;
}

/** Some processes that run the built verifier, each one run after the other. */
export interface Verifiers {
  /** Runs it with these options; `build` is another folder than `dist`. */
  verify(args: readonly string[], build?: string): Promise<Verified>;
  close(): void;
}

/** Starts as many processes as are wanted. */
export function startVerifiers(count: number): Verifiers {
  const free: Lane[] = Array.from({ length: count }, () => new Lane());
  const waiting: ((lane: Lane) => void)[] = [];
  const lanes = [...free];
  const take = async (): Promise<Lane> => free.pop() ?? new Promise((resolve) => waiting.push(resolve));
  const giveBack = (lane: Lane): void => {
    const next = waiting.shift();
    if (next) next(lane);
    else free.push(lane);
  };
  return {
    verify: async (args, build = join(process.cwd(), 'dist')) => {
      const lane = await take();
      try {
        const { status, stdout, stderr } = await lane.run(join(build, 'src/cli/verify.js'), [...args, '--json']);
        return { status, stderr, report: stdout === '' ? null : (JSON.parse(stdout) as Verified['report']) };
      } finally {
        giveBack(lane);
      }
    },
    close: () => lanes.forEach((lane) => lane.close()),
  };
}

/** One such process; a run that ends it has its exit status, and the next run a new one. */
class Lane {
  private child: ChildProcess | null = null;

  run(entry: string, args: readonly string[]): Promise<CliRun> {
    const child = (this.child ??= this.start());
    return new Promise((resolve) => {
      const ended = (status: number | null): void => {
        this.child = null;
        resolve({ status, stdout: '', stderr: 'the verifier broke' });
      };
      child.once('exit', ended);
      child.once('message', (result: CliRun) => {
        child.off('exit', ended);
        resolve(result);
      });
      child.send({ entry, args });
    });
  }

  close(): void {
    this.child?.kill();
  }

  private start(): ChildProcess {
    const loop = join(process.cwd(), 'test/support/verifier-loop.mjs');
    return fork(loop, {
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'] },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }
}
