import { Injectable } from '@nestjs/common';
import { TileReader } from '../merkle/tile-reader.js';
import { consistencyProof, isConsistent } from '../merkle/tree.js';
import type { Checkpoint } from '../note/checkpoint.js';
import { isAbandoned, type Recovery } from '../verification/succession.js';
import { BrokenPromiseError } from './anchoring.errors.js';

/** A tree by its size and root. */
export type TreeHead = Pick<Checkpoint, 'size' | 'root'>;

/** What was signed once, and who has it. */
export interface Signed extends TreeHead {
  readonly where: string;
}

/**
 * What this log is known to have signed, by this process: the newest checkpoint that it saw. Each head must go on from it;
 * memory is out of the reach of whoever holds the database.
 */
@Injectable()
export class Promises {
  private newest: TreeHead | null = null;

  constructor(private readonly tiles: TileReader) {}

  /**
   * Checks that a head goes on from the newest checkpoint that this process saw, and from those that are named.
   * @throws BrokenPromiseError when it does not
   */
  async check(head: TreeHead, recoveries: readonly Recovery[], others: readonly Signed[] = []): Promise<void> {
    const own = this.newest ? [{ ...this.newest, where: 'this server' }] : [];
    for (const signed of [...own, ...others]) await this.goesOn(signed, head, recoveries);
  }

  /** Keeps a checkpoint that was checked or made here. */
  remember({ size, root }: TreeHead): void {
    if (size > (this.newest?.size ?? 0)) this.newest = { size, root };
  }

  private async goesOn(signed: Signed, head: TreeHead, recoveries: readonly Recovery[]): Promise<void> {
    if (isAbandoned(signed.size, recoveries)) return;
    if (signed.size > head.size) {
      throw new BrokenPromiseError(
        `the log has ${head.size} events, but ${signed.where} has a signed checkpoint of ${signed.size}: events are gone, as after a restore from an older backup`,
      );
    }
    if (!(await this.isPrefix(signed, head))) {
      throw new BrokenPromiseError(
        `the log is not what it was: its first ${signed.size} events are not those of the signed checkpoint that ${signed.where} has`,
      );
    }
  }

  private async isPrefix(signed: TreeHead, head: TreeHead): Promise<boolean> {
    const proof = await consistencyProof(signed.size, head.size, this.tiles.subtrees).catch((error: unknown) => {
      // A hash that is not there: an event is missing in the middle.
      if (error instanceof RangeError) return null;
      throw error;
    });
    return proof !== null && isConsistent(signed, head, proof);
  }
}
