import type { StoredCheckpoint } from './checkpoint.repository.js';
import type { Checkpoint } from '../note/checkpoint.js';

/** What a sink did with checkpoints. */
export interface Delivery {
  /** Largest checkpoint that the sink has now. */
  readonly size: number;
  /** What it says of that checkpoint: a signature line, where it cosigns. */
  readonly cosignature?: string;
}

/** A place out of the database's reach that gets checkpoints. */
export interface Sink {
  readonly name: string;
  readonly kind: 'file' | 'witness';
  /**
   * The newest checkpoint of this log that it has; null when it has none, or tells only when it is offered more.
   * @throws Error when it cannot be reached
   */
  newest(): Promise<Checkpoint | null>;
  /**
   * Brings it up to the newest checkpoint.
   * @throws BrokenPromiseError when it has a checkpoint that the log does not go on from, Error when it cannot be reached
   */
  deliver(newest: StoredCheckpoint): Promise<Delivery>;
}
