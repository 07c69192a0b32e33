import { SingleBar } from 'cli-progress';
import { terminal } from '../terminal.js';
import type { Tally } from './tally.js';

/** Redrawing is for eyes; lines are for log files. */
const REDRAW_EVERY_MS = 200;
const LINE_EVERY_MS = 5000;

/** Shows how far a replay is, until `end` is called: a bar on a terminal, a line now and then elsewhere. */
export interface Progress {
  end(): void;
}

export function showProgress(tally: Tally, total: number): Progress {
  const startedMs = performance.now();
  const rate = (): string => (tally.steps / Math.max((performance.now() - startedMs) / 1000, 0.001)).toFixed(0);
  return terminal.isInteractive() ? showBar(tally, total, rate) : showLines(tally, total, rate);
}

function showBar(tally: Tally, total: number, rate: () => string): Progress {
  const bar = new SingleBar({
    format: '{bar} {value}/{total} | {rate}/s | {authorized} authorized, {denied} denied | {eta_formatted} to go',
    hideCursor: true,
    stream: process.stderr,
  });
  const figures = (): Record<string, unknown> => {
    const { authorized, denied } = tally.counts();
    return { authorized, denied, rate: rate() };
  };
  bar.start(total, 0, figures());
  const timer = setInterval(() => bar.update(tally.steps, figures()), REDRAW_EVERY_MS);
  return {
    end(): void {
      clearInterval(timer);
      bar.update(tally.steps, figures());
      bar.stop();
    },
  };
}

function showLines(tally: Tally, total: number, rate: () => string): Progress {
  const line = (): void => {
    const { authorized, denied, charged } = tally.counts();
    const share = total === 0 ? 100 : Math.floor((100 * tally.steps) / total);
    terminal.err(
      `${share} % ${tally.steps}/${total} ${rate()}/s: ${authorized} authorized, ${denied} denied, ${charged} charged`,
    );
  };
  const timer = setInterval(line, LINE_EVERY_MS);
  return {
    end(): void {
      clearInterval(timer);
      line();
    },
  };
}
