import type { Problem } from '../platform/errors/problem.js';
import type { Timestamp } from '../platform/time.js';
import type { Caller, Command, Principal } from './command.js';
import type { Need, State } from './working-set.js';

/** What the gate says of a caller: who it is, or that nobody known calls (no event), or that it may not (a denied event). */
export type Admission =
  | { readonly kind: 'admitted'; readonly principal: Principal }
  | { readonly kind: 'unknown'; readonly problem: Problem }
  | { readonly kind: 'forbidden'; readonly problem: Problem };

/**
 * Decides under the head's lock who may have a command decided at all, from the rows as they are at that moment.
 * The access module implements it; the spine knows no roles.
 */
export abstract class Gate {
  /** The rows that tell who the caller is. */
  abstract needs(caller: Caller): readonly Need[];
  /** Whether the caller exists, is in force and may do this. */
  abstract admit(state: State, caller: Caller, command: Command, now: Timestamp): Admission;
}
