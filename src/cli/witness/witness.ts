import type { KeyObject } from 'node:crypto';
import type { Checkpoint } from '../../event-log/note/checkpoint.js';
import { cosign, witnessKeyOf, type WitnessKey } from '../../event-log/note/cosignature.js';
import { noteText, signatureLine } from '../../event-log/note/note.js';
import type { VerifierKey } from '../../event-log/note/vkey.js';
import type { Memory } from './memory.js';
import { readSubmission, refusalOf, type Refusal } from './submission.js';

/** A checkpoint that is remembered now, and the line that says so. */
export interface Cosigned {
  readonly status: 200;
  readonly checkpoint: Checkpoint;
  /** A signature line of a note, line end included. */
  readonly line: string;
}

/** What a witness says of itself; sizes are 0 and roots null for logs that it has not seen yet. */
export interface WitnessStatus {
  readonly name: string;
  readonly vkey: string;
  readonly logs: readonly {
    readonly origin: string;
    readonly size: number;
    /** Base64. */
    readonly root: string | null;
    readonly cosigned_at: string | null;
  }[];
}

/** Cosigns each checkpoint that only adds to the one before, and none else. */
export class Witness {
  readonly key: WitnessKey;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly memory: Memory,
    private readonly privateKey: KeyObject,
    private readonly logs: ReadonlyMap<string, readonly VerifierKey[]>,
  ) {
    this.key = witnessKeyOf(privateKey, memory.name);
  }

  /**
   * Answers the body of an add-checkpoint request. What is cosigned is durable before.
   * @throws Error when it cannot be made durable; then nothing was cosigned
   */
  async addCheckpoint(body: string): Promise<Cosigned | Refusal> {
    const submission = readSubmission(body, this.logs);
    if ('status' in submission) return submission;
    const { checkpoint, note } = submission;
    return this.inTurn(async () => {
      const refusal = refusalOf(submission, this.memory.of(checkpoint.origin));
      if (refusal) return refusal;
      const seconds = Math.floor(Date.now() / 1000);
      const cosignedAt = new Date(seconds * 1000).toISOString();
      await this.memory.keep({ ...checkpoint, note: noteText(note), cosignedAt });
      const line = signatureLine(cosign(note.text, seconds, this.privateKey, this.key));
      return { status: 200, checkpoint, line };
    });
  }

  status(): WitnessStatus {
    const logs = [...this.logs.keys()].map((origin) => {
      const known = this.memory.of(origin);
      const root = known?.root.toString('base64') ?? null;
      return { origin, size: known?.size ?? 0, root, cosigned_at: known?.cosignedAt ?? null };
    });
    return { name: this.key.name, vkey: this.key.text, logs };
  }

  /** Comparing with the memory and changing it is one step: the next one begins when it is done. */
  private inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.last.then(task);
    this.last = run.catch(() => undefined);
    return run;
  }
}
