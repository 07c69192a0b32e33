import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseCheckpoint, type Checkpoint } from '../../event-log/note/checkpoint.js';
import { parseNote } from '../../event-log/note/note.js';
import { writeDurably } from '../../platform/durable-file.js';
import { CliError } from '../cli-error.js';

/** The newest checkpoint of a log that the witness cosigned. */
export interface Remembered extends Checkpoint {
  /** The checkpoint with the log's own signatures: with another one of the same size it proves a fork. */
  readonly note: string;
  /** RFC 3339 in UTC. */
  readonly cosignedAt: string;
}

const MEMORY_FILE = 'witness.json';

const FileSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  logs: z.array(z.object({ cosigned_at: z.iso.datetime(), note: z.string() })),
});

/** What a witness remembers, in memory and, before anybody hears of it, on disk. */
export class Memory {
  private constructor(
    private readonly path: string,
    /** The witness's name. */
    readonly name: string,
    private logs: ReadonlyMap<string, Remembered>,
  ) {}

  /**
   * The memory in a folder, or null when it has none.
   * @throws CliError when it cannot be read
   */
  static async open(folder: string): Promise<Memory | null> {
    const path = join(folder, MEMORY_FILE);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text === null) return null;
    const parsed = parse(text);
    if (!parsed) throw new CliError(`${path} is not what a witness wrote: it must not be edited`);
    return new Memory(path, parsed.name, byOrigin(parsed.logs));
  }

  /** Begins a memory of nothing. */
  static async begin(folder: string, name: string): Promise<Memory> {
    const memory = new Memory(join(folder, MEMORY_FILE), name, new Map());
    await memory.write(memory.logs);
    return memory;
  }

  get isEmpty(): boolean {
    return this.logs.size === 0;
  }

  of(origin: string): Remembered | null {
    return this.logs.get(origin) ?? null;
  }

  /** Remembers a checkpoint as its log's newest; returns when it is durable. Only one change at a time may be made. */
  keep(newest: Remembered): Promise<void> {
    return this.write(new Map([...this.logs, [newest.origin, newest]]));
  }

  /** Forgets a log; returns when that is durable. */
  forget(origin: string): Promise<void> {
    return this.write(byOrigin([...this.logs.values()].filter((log) => log.origin !== origin)));
  }

  private async write(logs: ReadonlyMap<string, Remembered>): Promise<void> {
    const rows = [...logs.values()].map(({ cosignedAt, note }) => ({ cosigned_at: cosignedAt, note }));
    await writeDurably(this.path, `${JSON.stringify({ version: 1, name: this.name, logs: rows }, null, 2)}\n`);
    this.logs = logs;
  }
}

function byOrigin(logs: readonly Remembered[]): Map<string, Remembered> {
  return new Map(logs.map((log) => [log.origin, log]));
}

function parse(text: string): { name: string; logs: Remembered[] } | null {
  try {
    const { name, logs } = FileSchema.parse(JSON.parse(text));
    const remembered = logs.map(({ cosigned_at: cosignedAt, note }) => {
      const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '');
      return checkpoint && { ...checkpoint, note, cosignedAt };
    });
    return remembered.every((log) => log !== null) ? { name, logs: remembered } : null;
  } catch {
    return null;
  }
}
