import { styleText } from 'node:util';

/** Colours that the command line uses; they show on a terminal only. */
export type Paint = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

/** The two streams a command line writes to: results go out, progress and complaints go to `err`. */
export const terminal = {
  /** Writes one line of the result to standard output. */
  out(line = ''): void {
    process.stdout.write(`${line}\n`);
  },

  /** Writes one line of progress or complaint to standard error. */
  err(line = ''): void {
    process.stderr.write(`${line}\n`);
  },

  /** True when standard error is a terminal, so that a progress bar can redraw itself. */
  isInteractive(): boolean {
    return process.stderr.isTTY;
  },

  /** Colours `text` when the stream it is meant for is a terminal and `NO_COLOR` is not set. */
  paint(style: Paint, text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return stream.isTTY && process.env['NO_COLOR'] === undefined ? styleText(style, text) : text;
  },
};
