import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { CliError } from '../cli-error.js';

/**
 * A backup is SQL, packed with gzip: a comment line that says what it is, for each table a COPY with its rows in
 * PostgreSQL's text format, and a comment line with the number of rows of each table, without which the file is cut off.
 * `psql` reads it as well, into a database whose tables are there and empty.
 */
const FIRST_WORDS = '-- Echo Substrate backup ';
const LAST_WORDS = '-- End of the backup ';
/** Version of the above. */
const FORMAT = 1;
/** What a file says before the first table: all or nothing, and the end of the log is what the file says. */
export const OPENING = 'begin;\ntruncate log_head;\n';
export const CLOSING = 'commit;\n';
/** The line behind the rows of a table. */
const ROWS_END = Buffer.from('\\.\n');
/** Longest line of our own, in bytes; the rows of tables may be longer. */
const LINE_BYTES_MAX = 1024 * 1024;

const HeaderSchema = z.object({
  format: z.literal(FORMAT),
  product: z.string(),
  created_at: z.string(),
  postgres: z.string(),
  migrations: z.array(z.string()).min(1),
  /** Of all tables. */
  rows: z.int().nonnegative(),
  log: z.object({ origin: z.string().nullable(), size: z.int().nonnegative(), hash: z.string().nullable() }),
});

const FooterSchema = z.object({ rows: z.record(z.string(), z.int().nonnegative()) });

/** What a backup says of itself. */
export type BackupHeader = z.infer<typeof HeaderSchema>;
/** Rows of each table. */
export type BackupRows = z.infer<typeof FooterSchema>['rows'];

/** The rows of one table, to be read before the next one comes. */
export interface TableSection {
  readonly table: string;
  readonly columns: readonly string[];
  /** Whole lines of COPY's text format. */
  readonly lines: AsyncIterable<Buffer>;
}

export const headerLine = (header: Omit<BackupHeader, 'format'>): string =>
  `${FIRST_WORDS}${JSON.stringify({ format: FORMAT, ...header })}\n`;

export const tableLine = (table: string, columns: readonly string[]): string => `copy ${copyTarget(table, columns)};\n`;

export const tableEnd = (): Buffer => ROWS_END;

export const footerLine = (rows: BackupRows): string => `${LAST_WORDS}${JSON.stringify({ rows })}\n`;

/** What a COPY copies, as SQL: names are those of our own tables, which need no more than quotes. */
export const copyTarget = (table: string, columns: readonly string[]): string =>
  `"${table}" (${columns.map((c) => `"${c}"`).join(', ')}) from stdin`;

const TABLE_LINE = /^copy "([a-z0-9_]+)" \(("[a-z0-9_]+"(?:, "[a-z0-9_]+")*)\) from stdin;$/;

/**
 * Reads a backup from its first to its last byte.
 * @param onHeader is awaited before the first table is read
 * @param onTable is given each table; what it leaves unread is skipped
 * @throws CliError when the file is not what it should be, or was cut off
 */
export async function readBackup(
  path: string,
  onHeader: (header: BackupHeader) => Promise<void>,
  onTable: (section: TableSection) => Promise<void>,
): Promise<BackupRows> {
  const bad = (why: string): CliError => new CliError(`${path} is no whole backup: ${why}`);
  const unpacked = pipeline(createReadStream(path), createGunzip(), () => undefined);
  const reader = new LineReader(unpacked);
  try {
    const header = parsed(HeaderSchema, await reader.line(), FIRST_WORDS);
    if (!header) throw bad('its first line is not that of a backup, or of one of another version');
    await onHeader(header);
    for (;;) {
      const line = await reader.line();
      if (line === null) throw bad('it was cut off');
      const rows = parsed(FooterSchema, line, LAST_WORDS);
      if (rows) return rows.rows;
      const [, table, columns] = TABLE_LINE.exec(line) ?? [];
      if (table === undefined || columns === undefined) {
        if (`${OPENING}${CLOSING}`.split('\n').includes(line)) continue;
        throw bad('it has a line that no backup has');
      }
      const lines = reader.rows();
      await onTable({ table, columns: columns.slice(1, -1).split('", "'), lines });
      for await (const _ of lines);
    }
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR') throw new CliError(`cannot read ${path}: ${code}`);
    if (code.startsWith('Z_')) throw bad(`it cannot be unpacked (${code})`);
    throw error;
  } finally {
    unpacked.destroy();
  }
}

function parsed<T>(schema: z.ZodType<T>, line: string | null, words: string): T | null {
  if (line?.startsWith(words) !== true) return null;
  try {
    return schema.parse(JSON.parse(line.slice(words.length)));
  } catch {
    return null;
  }
}

/** Reads lines of our own and the rows between them. */
class LineReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The next line without its end, or null at the end of the file. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.rest.indexOf('\n');
      if (end >= 0) {
        const line = this.rest.toString('utf8', 0, end);
        this.rest = this.rest.subarray(end + 1);
        return line;
      }
      if (this.rest.length > LINE_BYTES_MAX || !(await this.more())) return null;
    }
  }

  /** The lines up to the end of a table's rows, as whole lines of many rows each. */
  async *rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const end = this.rest.lastIndexOf('\n') + 1;
      const lines = this.rest.subarray(0, end);
      const at = endOfRows(lines);
      if (at >= 0) {
        this.rest = this.rest.subarray(at + ROWS_END.length);
        if (at > 0) yield lines.subarray(0, at);
        return;
      }
      this.rest = this.rest.subarray(end);
      if (end > 0) yield lines;
      if (!(await this.more())) return;
    }
  }

  private async more(): Promise<boolean> {
    const next = await this.chunks.next();
    if (next.done === true) return false;
    this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value]);
    return true;
  }
}

/** Where the line stands that ends the rows, in lines that begin at the beginning of one, or -1. */
function endOfRows(lines: Buffer): number {
  if (lines.subarray(0, ROWS_END.length).equals(ROWS_END)) return 0;
  const at = lines.indexOf(`\n${ROWS_END.toString()}`);
  return at < 0 ? -1 : at + 1;
}
