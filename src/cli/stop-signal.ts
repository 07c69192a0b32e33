import { terminal } from './terminal.js';

/** What a shell reports for a process ended by SIGINT. */
const EXIT_INTERRUPTED = 130;

/** npm passes on the Ctrl-C that the terminal has delivered already; within this time it is still the same one. */
const SAME_REQUEST_MS = 500;

/** Raised where a wait was cut short because the person asked to stop. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';

  constructor() {
    super('stopped on request');
  }
}

/**
 * Turns Ctrl-C, SIGTERM and a closed terminal into one abort signal, so that a command can finish what is in flight.
 * A second one ends the process at once.
 */
export function listenForStop(notice: string): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstMs < SAME_REQUEST_MS) return;
      process.exit(EXIT_INTERRUPTED);
    }
    firstMs = performance.now();
    controller.abort(new StoppedError());
    terminal.err(`\n${notice}`);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  return controller.signal;
}
