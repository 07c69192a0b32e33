import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { SPIKE_THRESHOLD, SpikeDetector } from '../../organs/immune/detection/spike-detector.js';
import { CliError } from '../cli-error.js';

export { SPIKE_THRESHOLD };

/** The columns that a series needs; others are ignored. */
const COLUMNS = ['timestamp', 'value'] as const;
const LINE_ENDS = ['\r\n', '\n', '\r'];
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** A row of a series, its cells as they were written. */
export interface ScoredRow {
  readonly timestamp: string;
  readonly value: string;
  /** 0 to 1, by this row and those before it. */
  readonly score: number;
}

/** A record of the parser, and the line it ends on. */
interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * The rows of a CSV file with their scores, as they are read.
 * @param path a file, packed when its name ends in `.gz`; `-` is standard input
 * @throws CliError when it cannot be read, or naming the line that is not of a series
 */
export async function* scoredRows(path: string): AsyncGenerator<ScoredRow> {
  const name = path === '-' ? 'standard input' : path;
  try {
    yield* scoredRecords(recordsOf(path) as AsyncIterable<CsvRecord>, name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof CsvError) throw new CliError(`${name} is not well-formed CSV: ${message}`);
    if (code === undefined) throw error;
    throw new CliError(`cannot read ${name}: ${message}`);
  }
}

function recordsOf(path: string): Readable {
  const input = path === '-' ? process.stdin : createReadStream(path);
  const parser = parse({
    bom: true,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    record_delimiter: LINE_ENDS,
  });
  // What goes wrong ends the parser, and with it who reads from it.
  if (path.endsWith('.gz')) return pipeline(input, createGunzip(), parser, () => undefined);
  return pipeline(input, parser, () => undefined);
}

async function* scoredRecords(records: AsyncIterable<CsvRecord>, name: string): AsyncGenerator<ScoredRow> {
  const detector = new SpikeDetector();
  let columns: readonly number[] | null = null;
  for await (const { record, info } of records) {
    if (columns === null) {
      columns = columnsOf(record, `${name}, line ${info.lines}`);
      continue;
    }
    const [timestamp, value] = columns.map((column) => record[column]);
    if (timestamp === undefined || value === undefined)
      throw new CliError(`${name}, line ${info.lines}: it has no ${timestamp === undefined ? 'timestamp' : 'value'}`);
    const number = DECIMAL.test(value) ? Number(value) : NaN;
    if (!Number.isFinite(number))
      throw new CliError(`${name}, line ${info.lines}: the value "${value}" is not a number`);
    yield { timestamp, value, score: detector.next(number).score };
  }
  if (columns === null) throw new CliError(`${name} is empty: a header with ${COLUMNS.join(' and ')} is needed`);
}

function columnsOf(header: readonly string[], where: string): readonly number[] {
  return COLUMNS.map((name) => {
    const index = header.indexOf(name);
    if (index < 0) throw new CliError(`${where}: the header has no column ${name}`);
    return index;
  });
}
