import type { Checkpoint } from '../note/checkpoint.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { parseNote } from '../note/note.js';
import { isSignedBy, type VerifierKey } from '../note/vkey.js';
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
    private readonly keys: () => Promise<readonly VerifierKey[]>,
  ) {
    this.name = `file:${path}`;
  }

  async newest(): Promise<Checkpoint | null> {
    const keys = await this.keys();
    return (await readNotes(this.path)).map((text) => signedCheckpoint(text, keys)).findLast((c) => c !== null) ?? null;
  }

  async deliver(newest: StoredCheckpoint): Promise<Delivery> {
    try {
      this.size ??= (await this.newest())?.size ?? 0;
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
}

/** The checkpoint in a note that one of these keys signed, or null. */
export function signedCheckpoint(text: string, keys: readonly VerifierKey[]): Checkpoint | null {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  return checkpoint && keys.some((key) => key.name === checkpoint.origin && isSignedBy(note, key)) ? checkpoint : null;
}
