import type { Checkpoint } from '../note/checkpoint.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { parseNote } from '../note/note.js';
import { isSignedBy, type VerifierKey } from '../note/vkey.js';
import type { Succession } from '../verification/succession.js';
import { appendNotes, readNotes } from './checkpoint-file.js';
import type { CheckpointRepository, StoredCheckpoint } from './checkpoint.repository.js';
import type { Delivery, Sink } from './sink.js';

/** Checkpoints read from the database at a time. */
const CHECKPOINTS_AT_ONCE = 500;

/** A file that gets every checkpoint, in order. */
export class FileSink implements Sink {
  readonly name: string;
  readonly kind = 'file';
  private size: number | null = null;

  constructor(
    private readonly path: string,
    private readonly checkpoints: CheckpointRepository,
    private readonly history: () => Promise<Succession>,
  ) {
    this.name = `file:${path}`;
  }

  async newest(): Promise<Checkpoint | null> {
    return (await this.last())?.checkpoint ?? null;
  }

  async deliver(newest: StoredCheckpoint): Promise<Delivery> {
    try {
      this.size ??= await this.sizeHere();
      for (let at = this.size; at < newest.size;) {
        const more = await this.checkpoints.after(at, CHECKPOINTS_AT_ONCE);
        if (more.length === 0) break;
        await appendNotes(
          this.path,
          more.map(({ note }) => note),
        );
        at = more.at(-1)?.size ?? at;
        this.size = at;
      }
      return { size: this.size };
    } catch (error) {
      // What the file has now only the file knows.
      this.size = null;
      throw error;
    }
  }

  private async last(): Promise<{ note: string; checkpoint: Checkpoint } | null> {
    const keys = (await this.history()).keys.map(({ key }) => key);
    for (const note of (await readNotes(this.path)).toReversed()) {
      const checkpoint = signedCheckpoint(note, keys);
      if (checkpoint) return { note, checkpoint };
    }
    return null;
  }

  /** Up to where the file has this log: not what a recovery gave up, whose sizes come again. */
  private async sizeHere(): Promise<number> {
    const last = await this.last();
    if (!last) return 0;
    const { size } = last.checkpoint;
    const [same] = await this.checkpoints.after(size - 1, 1);
    if (same?.size === size && same.note === last.note) return size;
    const recovery = (await this.history()).recoveries.findLast(({ abandoned }) => size <= abandoned.size);
    return recovery ? recovery.restored.size : size;
  }
}

/** The checkpoint in a note that one of these keys signed, or null. */
export function signedCheckpoint(text: string, keys: readonly VerifierKey[]): Checkpoint | null {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  return checkpoint && keys.some((key) => key.name === checkpoint.origin && isSignedBy(note, key)) ? checkpoint : null;
}
