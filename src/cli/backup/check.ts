import { CompactRange } from '../../event-log/chain.js';
import { faultOf, type LogRow } from '../../event-log/verification/event-check.rules.js';
import { timestampOfPostgres } from '../../platform/time.js';
import { readBackup, type BackupHeader, type BackupRows, type TableSection } from './backup-file.js';
import { columnsOf, countRows } from './copied-row.js';

/** What a backup was found to hold. */
export interface CheckedBackup {
  readonly header: BackupHeader;
  readonly rows: BackupRows;
  /** What is wrong with it, in words; null: every table is whole, and the log in it holds and is the one that it names. */
  readonly fault: string | null;
}

/**
 * Reads a whole backup and checks it: the rows of each table are as many as were written, each event has its hash, its
 * link and its columns, and the log ends where the head and the header say.
 * @param onEvents is told how many events were checked
 * @throws CliError when it is no whole backup
 */
export async function checkBackup(path: string, onEvents: (events: number) => void): Promise<CheckedBackup> {
  let header: BackupHeader | null = null;
  const log = new LogInBackup(onEvents);
  const found: Record<string, number> = {};
  const rows = await readBackup(
    path,
    (read) => {
      header = read;
      return Promise.resolve();
    },
    async (section) => {
      let count = 0;
      for await (const lines of section.lines) {
        count += countRows(lines);
        log.read(section, lines);
      }
      found[section.table] = count;
    },
  );
  const read = header as BackupHeader | null;
  if (!read) throw new Error('a backup without a header was read');
  const short = Object.keys(rows).find((table) => rows[table] !== found[table]);
  const fault =
    short === undefined
      ? log.fault(read.log)
      : `${short} has ${found[short] ?? 0} rows, but ${rows[short] ?? 0} were written`;
  return { header: read, rows, fault };
}

interface Head {
  readonly size: number;
  readonly hash: string | null;
  readonly range: string;
}

/** Follows the log through the rows of a backup. Events come first to last, since they are saved in that order. */
class LogInBackup {
  private events = 0;
  private hash: string | null = null;
  private broken: string | null = null;
  private head: Head | null = null;
  private readonly tree = CompactRange.empty();

  constructor(private readonly onEvents: (events: number) => void) {}

  read({ table, columns }: TableSection, lines: Buffer): void {
    if (table !== 'event_log' && table !== 'log_head') return;
    for (const line of lines.toString('utf8').trimEnd().split('\n')) {
      const values = columnsOf(line);
      const row = Object.fromEntries(columns.map((name, i) => [name, values[i] ?? null]));
      if (table === 'event_log') this.readEvent(row);
      else this.head = { size: Number(row['event_id']), hash: hex(row['hash']) || null, range: hex(row['range']) };
    }
    this.onEvents(this.events);
  }

  private readEvent(row: Record<string, string | null>): void {
    if (this.broken !== null) return;
    const text = (name: string): string => row[name] ?? '';
    const id = Number(row['id']);
    const event: LogRow = {
      id,
      previous_event_id: row['previous_event_id'] === null ? null : Number(row['previous_event_id']),
      hash: Buffer.from(hex(row['hash']), 'hex'),
      body: text('body'),
      type: text('type'),
      outcome: text('outcome'),
      actor_id: text('actor_id'),
      subject_id: row['subject_id'] ?? null,
      occurred_at: timestampOfPostgres(text('occurred_at')),
      request_id: text('request_id'),
    };
    const fault = id === this.events + 1 ? faultOf(event, this.hash) : `it stands at ${this.events + 1}`;
    if (fault !== null) {
      this.broken = `event ${id}: ${fault}`;
      return;
    }
    this.events = id;
    this.hash = event.hash.toString('hex');
    this.tree.append(event.hash);
  }

  fault(said: BackupHeader['log']): string | null {
    if (this.broken !== null) return this.broken;
    if (said.size !== this.events || said.hash !== this.hash) return 'the log does not end where the first line says';
    if (this.head?.size !== this.events || this.head.hash !== this.hash)
      return 'the head of the log is not its last event';
    return this.head.range === this.tree.toBytes().toString('hex')
      ? null
      : 'the head has another Merkle range than the events';
  }
}

/** The hexadecimal digits of a bytea column. */
function hex(text: string | null | undefined): string {
  return text?.startsWith('\\x') === true ? text.slice(2) : '';
}
