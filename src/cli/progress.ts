import { SingleBar } from 'cli-progress';
import { terminal } from './terminal.js';

/** Redrawing is for eyes; lines are for log files. */
const REDRAW_EVERY_MS = 200;
const LINE_EVERY_MS = 5000;

/** A long piece of work, as those who wait for it see it. */
export interface Work {
  readonly total: number;
  /** How much of the total is done. */
  readonly done: () => number;
  /** What else there is to say of it now. */
  readonly words: () => string;
}

/** Shows how far a piece of work is until `end` is called: a bar on a terminal, a line now and then elsewhere. */
export interface Progress {
  end(): void;
}

export function showProgress(work: Work): Progress {
  const startedMs = performance.now();
  const rate = (): string => (work.done() / Math.max((performance.now() - startedMs) / 1000, 0.001)).toFixed(0);
  return terminal.isInteractive() ? showBar(work, rate) : showLines(work, rate);
}

function showBar({ total, done, words }: Work, rate: () => string): Progress {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} | {rate}/s | {words} | {eta_formatted} to go',
    hideCursor: true,
    stream: process.stderr,
  });
  const figures = (): Record<string, unknown> => ({ words: words(), rate: rate() });
  bar.start(total, 0, figures());
  const timer = setInterval(() => bar.update(done(), figures()), REDRAW_EVERY_MS);
  return {
    end(): void {
      clearInterval(timer);
      bar.update(done(), figures());
      bar.stop();
    },
  };
}

function showLines({ total, done, words }: Work, rate: () => string): Progress {
  const line = (): void => {
    const share = total === 0 ? 100 : Math.floor((100 * done()) / total);
    terminal.err(`${share} % ${done()}/${total} ${rate()}/s: ${words()}`);
  };
  const timer = setInterval(line, LINE_EVERY_MS);
  return {
    end(): void {
      clearInterval(timer);
      line();
    },
  };
}
