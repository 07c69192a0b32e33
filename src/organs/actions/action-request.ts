import type { JsonObject } from '../../platform/json.js';
import type { Clear, Obstructed } from '../arbiter/index.js';
import type { Cost, Funding } from '../metabolism/index.js';

/** What an agent asks for before it acts. */
export interface ActionRequest {
  readonly actionId: string;
  readonly agentId: string;
  readonly actionType: string;
  /** What it may cost, at most. */
  readonly cost: Cost;
  readonly payload?: JsonObject;
  /** Whether `payload` is about a person. */
  readonly personal?: boolean;
  /** Seconds until the hold is booked as spent if nobody completes the action. */
  readonly ttlSeconds: number;
  /** Seconds that each permit lasts. */
  readonly leaseSeconds: number;
  /** Whether it is only held for now, and begun by a command of its own. */
  readonly isDeferred?: boolean;
  /** An approved escalation of exactly this. */
  readonly escalationId?: string;
}

/** An action that may be taken, and on whose word. */
export interface Granted extends Clear {
  readonly approval?: {
    readonly escalationId: string;
    /** The event that approved it. */
    readonly causedBy: number;
    /** What limits were given so that it fits. */
    readonly funded: readonly Funding[];
  };
}

/** An action that may not be taken. */
export interface Refused extends Obstructed {
  readonly causedBy?: number;
}
