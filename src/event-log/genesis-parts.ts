import { Injectable } from '@nestjs/common';
import type { DecisionContext } from './command.js';
import type { Effect } from './effect.js';

/** Rows that a new log starts with. */
export type GenesisRows = (context: DecisionContext) => readonly Effect[];

/** What the organs put into the first event: policies, the state, the first user. */
@Injectable()
export class GenesisParts {
  private readonly parts: (() => Promise<GenesisRows>)[] = [];

  /**
   * Called by an organ when its module starts. `prepare` runs once, only when the log is empty, and may do what is too
   * slow for a decision (hash a password); the rows are made from what it answers under the head's lock.
   */
  register(prepare: () => Promise<GenesisRows>): void {
    this.parts.push(prepare);
  }

  /** Prepares every part. */
  prepare(): Promise<GenesisRows[]> {
    return Promise.all(this.parts.map((prepare) => prepare()));
  }
}
