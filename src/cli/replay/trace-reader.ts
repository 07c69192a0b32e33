import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { CliError } from '../cli-error.js';
import { aiderFormat } from './aider-format.js';
import { azureFormat } from './azure-format.js';
import type { TraceEvent, TraceFormat } from './trace-format.js';

/** Unpacked size that is read into memory; a trace of a million rows has about 100 MB. */
const TRACE_BYTES_MAX = 256 * 1024 * 1024;

/** Every format that a file's header is compared with, in this order. */
const FORMATS: readonly TraceFormat[] = [aiderFormat, azureFormat];

/** A trace file as read: its events in file order, and what names it. */
export interface Trace {
  readonly path: string;
  /** SHA-256 of the unpacked text, hex: the same for a file and its gzip. */
  readonly sha256: string;
  readonly format: TraceFormat;
  /** Data rows, also those that are no commands. */
  readonly rows: number;
  readonly events: readonly TraceEvent[];
}

/**
 * Reads a CSV trace, packed with gzip or not.
 * @throws CliError with the row's number when the file is absent, too large, or not what its header promises
 */
export async function readTrace(path: string): Promise<Trace> {
  const text = unpack(path, await load(path));
  const [header = [], ...records] = parseCsv(path, text);
  const format = FORMATS.find((candidate) => candidate.columns.every((column) => header.includes(column)));
  if (format === undefined) {
    const known = FORMATS.map((candidate) => `${candidate.name} (${candidate.columns.join(', ')})`).join('; ');
    throw new CliError(`${path}: no known trace has the columns ${header.join(', ')}. Known: ${known}.`);
  }
  const events = records.flatMap((record, index) => readRow(path, format, header, record, index + 1));
  return {
    path,
    sha256: createHash('sha256').update(text).digest('hex'),
    format,
    rows: records.length,
    events,
  };
}

async function load(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function unpack(path: string, content: Buffer): Buffer {
  const isGzip = content[0] === 0x1f && content[1] === 0x8b;
  try {
    const text = isGzip ? gunzipSync(content, { maxOutputLength: TRACE_BYTES_MAX }) : content;
    if (text.length > TRACE_BYTES_MAX) throw new RangeError(`it is larger than ${TRACE_BYTES_MAX} bytes`);
    return text;
  } catch (error) {
    throw new CliError(`cannot unpack ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseCsv(path: string, text: Buffer): string[][] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true });
  } catch (error) {
    throw new CliError(`${path} is not well-formed CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readRow(
  path: string,
  format: TraceFormat,
  header: readonly string[],
  record: readonly string[],
  seq: number,
): readonly TraceEvent[] {
  const cells = Object.fromEntries(header.map((name, index) => [name, record[index] ?? '']));
  try {
    return format.eventsOf({ seq, cells });
  } catch (error) {
    if (error instanceof RangeError) throw new CliError(`${path}, row ${seq}: ${error.message}`);
    throw error;
  }
}
