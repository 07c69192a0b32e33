import { type Paint, terminal } from '../terminal.js';

const NAME_WIDTH = 17;

/** Tells what happens, one line an event, with the story's seconds in front. */
export interface Narrator {
  tell(atMs: number, who: string, what: string): void;
  warn(atMs: number, who: string, what: string): void;
  alarm(atMs: number, who: string, what: string): void;
}

/** Narrates on standard error, so that standard output holds the summary alone. */
export function terminalNarrator(): Narrator {
  const line = (atMs: number, who: string, what: string, paint?: Paint): void => {
    const said = paint === undefined ? what : terminal.paint(paint, what, process.stderr);
    terminal.err(`${(atMs / 1000).toFixed(1).padStart(5)} s  ${who.padEnd(NAME_WIDTH)} ${said}`);
  };
  return {
    tell: (atMs, who, what) => line(atMs, who, what),
    warn: (atMs, who, what) => line(atMs, who, what, 'yellow'),
    alarm: (atMs, who, what) => line(atMs, who, what, 'red'),
  };
}
