import { Injectable } from '@nestjs/common';
import type { Caller, Principal } from '../event-log/command.js';
import { StateReader } from '../event-log/state-reader.js';
import { Principals } from './principals.js';

/** Reads a caller outside of a decision, from the rows as they are now. */
@Injectable()
export class PrincipalReader {
  constructor(
    private readonly states: StateReader,
    private readonly principals: Principals,
  ) {}

  /** The caller, or null when it is not in force. */
  async read(caller: Caller): Promise<Principal | null> {
    const { state, now } = await this.states.read(this.principals.needs(caller));
    return this.principals.resolve(state, caller, now);
  }
}
