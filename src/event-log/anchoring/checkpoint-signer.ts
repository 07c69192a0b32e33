import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CompactRange } from '../chain.js';
import { LogKey } from '../log-key.js';
import { parseCheckpoint, type Checkpoint } from '../note/checkpoint.js';
import { parseNote } from '../note/note.js';
import { isSignedBy } from '../note/vkey.js';
import { Spine } from '../spine.js';
import type { Succession } from '../verification/succession.js';
import { BrokenPromiseError, WrongKeyError } from './anchoring.errors.js';
import { CheckpointRepository, type StoredCheckpoint } from './checkpoint.repository.js';
import { readHistory } from './log-history.js';
import { Promises, type TreeHead } from './promises.js';

/** Shortest time between two checkpoints that somebody asks for, in ms: each is a commit, and anybody may ask. */
const ASKED_MS = 100;

/** The log as it is now, and who may sign it. */
export interface LogNow {
  readonly head: TreeHead;
  readonly history: Succession;
}

/**
 * Signs checkpoints, on whichever replica comes first, and only of a log that goes on from the checkpoint signed last. When
 * it does not, the spine is halted: nothing may be added to a log that lost something.
 */
@Injectable()
export class CheckpointSigner {
  private asked: Promise<StoredCheckpoint> | null = null;
  private lastAsked = 0;

  constructor(
    private readonly key: LogKey,
    private readonly spine: Spine,
    private readonly checkpoints: CheckpointRepository,
    private readonly promises: Promises,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  /**
   * A signed checkpoint of the log as it is now. All that ask at the same time get the same one.
   * @throws BrokenPromiseError when the log does not go on from what was signed, WrongKeyError when our key is not the log's
   */
  now(): Promise<StoredCheckpoint> {
    this.asked ??= this.soon().finally(() => (this.asked = null));
    return this.asked;
  }

  /** Number of events and root of the log, and its history. @throws BrokenPromiseError when its history does not hold */
  async read(): Promise<LogNow> {
    const history = await readHistory((sql) => this.database.query(sql));
    const [row] = await this.database.query<{ size: number; range: Buffer }[]>(
      'select event_id as size, range from log_head',
    );
    if (!row || history === null) throw new Error('the log has not begun');
    return { head: { size: row.size, root: rootOf(row) }, history };
  }

  /** Compares the log with a checkpoint that somebody kept, and halts the spine when it does not go on from it. */
  async compare(signed: Checkpoint, where: string): Promise<void> {
    await this.orHalt(async () => {
      const { head, history } = await this.read();
      await this.promises.check(head, history.recoveries, [{ ...signed, where }]);
    });
  }

  /** Halts the spine when some work finds that a promise is broken. */
  async orHalt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof BrokenPromiseError) this.spine.halt(error.message);
      throw error;
    }
  }

  private async soon(): Promise<StoredCheckpoint> {
    const wait = this.lastAsked + ASKED_MS - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    this.lastAsked = performance.now();
    return this.orHalt(() => this.sign());
  }

  private async sign(): Promise<StoredCheckpoint> {
    const signed = await this.checkpoints.signNext(async (newest) => {
      const { head, history } = await this.read();
      const signedLast = newest ? [{ ...this.checkpointOf(newest, history), where: 'the database' }] : [];
      await this.promises.check(head, history.recoveries, signedLast);
      if (newest?.size === head.size) return null;
      if (history.key?.text !== this.key.vkey) throw new WrongKeyError('the log has another key than LOG_SIGNING_KEY');
      const rotatedAt = history.keys.at(-1)?.eventId ?? 1;
      const both = rotatedAt > 1 && (newest?.size ?? 0) < rotatedAt;
      if (both && this.key.previous === null)
        throw new WrongKeyError('the first checkpoint after a rotation needs LOG_SIGNING_KEY_PREVIOUS too');
      return { size: head.size, note: this.key.checkpoint(head.size, head.root, both) };
    });
    const checkpoint = signed && parseCheckpoint(signed.note);
    if (!checkpoint) throw new Error('the log has not begun');
    this.promises.remember(checkpoint);
    return signed;
  }

  private checkpointOf({ note: text, size }: StoredCheckpoint, { keys }: Succession): Checkpoint {
    const note = parseNote(text);
    const checkpoint = note && parseCheckpoint(note.text);
    if (!checkpoint || checkpoint.size !== size || !keys.some(({ key }) => isSignedBy(note, key)))
      throw new BrokenPromiseError(`the checkpoint of ${size} events in the database is not what the log signed`);
    return checkpoint;
  }
}

function rootOf({ size, range }: { size: number; range: Buffer }): Buffer {
  try {
    return CompactRange.fromBytes(size, range).root();
  } catch (error) {
    if (error instanceof RangeError) throw new BrokenPromiseError(`the head of the log is none: ${error.message}`);
    throw error;
  }
}
