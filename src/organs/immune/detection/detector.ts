import type { JsonObject } from '../../../platform/json.js';
import type { AgentType } from '../../agents/index.js';
import type { Fact, FactKind, Quantity } from './fact.js';
import type { Sighting } from './finding.js';
import type { ClosedMinute } from './minute-meter.js';
import type { Peers } from './peers.js';
import type { DetectorName, Policy } from './policy.js';

/** What a detector sees at one fact of one agent. */
export interface Moment {
  readonly fact: Fact;
  readonly agentType: AgentType;
  readonly isOnProbation: boolean;
  /** The last minute in which the agent did something, where this fact is the first one after it. */
  readonly closed: ClosedMinute | null;
  /** Where the fact ends an action: what that held and when it began (ms since 1970), if it is still known. */
  readonly begun: { readonly at: number; readonly held: readonly Quantity[] } | null;
  readonly peers: Peers;
}

/** Watches one agent for one thing. Its memory is bounded, and it knows of nothing but the facts that it is given. */
export interface Detector {
  next(moment: Moment, policy: Policy): Sighting | null;
  /** All that it remembers: one made from it goes on exactly alike. */
  state(): JsonObject;
}

/** How a detector is made. */
export interface DetectorKind {
  readonly name: DetectorName;
  /** The facts that it looks at. */
  readonly facts: readonly FactKind[];
  /** Whether the transaction that decides the command records the finding itself. Such a detector knows no cool-down. */
  readonly isSynchronous: boolean;
  make(saved: JsonObject | null): Detector;
}
