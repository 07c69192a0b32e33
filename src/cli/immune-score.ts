import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { scoredRows, SPIKE_THRESHOLD } from './immune-score/scored-series.js';
import { runCommand } from './run-command.js';
import { terminal } from './terminal.js';

const HELP = `Usage: npm run --silent immune:score -- FILE.csv[.gz]

Judges each value of a series by those before it, as the substrate judges the series of an agent. Reads a CSV file with the
columns timestamp and value (- is standard input), and writes timestamp,value,anomaly_score to standard output, row by row:
the first two as they were read, the score from 0 to 1. A score of ${SPIKE_THRESHOLD} and more is an alert.

  --help   this text

Exit codes: 0 all rows were scored, 2 the file could not be read or a row is not of a series; the rows before it are written.
`;

async function main(args: readonly string[]): Promise<ExitCode> {
  const path = readPath(args);
  if (path === null) terminal.out(HELP);
  else await write(path);
  return EXIT.ok;
}

function readPath(args: readonly string[]): string | null {
  const { values, positionals } = parsed(args);
  if (values.help === true) return null;
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new CliError('give exactly one file, or - (see --help)');
  return path;
}

function parsed(args: readonly string[]) {
  try {
    const options = { help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new CliError(`${error instanceof Error ? error.message : String(error)} (see --help)`);
  }
}

/** Waits while the reader does; one that has gone wants no more, and nothing is wrong. */
async function write(path: string): Promise<void> {
  try {
    await pipeline(lines(path), process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

async function* lines(path: string): AsyncGenerator<string> {
  let header = 'timestamp,value,anomaly_score\n';
  for await (const { timestamp, value, score } of scoredRows(path)) {
    yield `${header}${cell(timestamp)},${cell(value)},${score}\n`;
    header = '';
  }
  yield header;
}

/** A cell is quoted where CSV needs it (RFC 4180). */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

await runCommand(main);
