import type { Timestamp } from '../../../platform/time.js';
import type { AgentStatus, AgentType } from '../../agents/index.js';
import type { Severity } from './observed-values.js';
import type { Policy } from './policy.js';

/** An amount in one unit, as a number: statistics need no exact decimals. */
export interface Quantity {
  readonly unit: string;
  readonly amount: number;
}

interface Told {
  /** The event that tells it. */
  readonly eventId: number;
  /** When, in ms since 1970 (the event's `occurred_at` without its microseconds). */
  readonly at: number;
  /** The same moment with its microseconds, as the log has it. */
  readonly occurredAt: Timestamp;
}

/** What detectors see of one event of the log, and all that they see: nothing of a clock, a database or a replica. */
export type Fact = Told &
  (
    | {
        readonly kind: 'authorized';
        readonly agentId: string;
        readonly actionId: string;
        readonly actionType: string;
        /** Equal for the same action type with the same payload; empty where the log has nothing to compare. */
        readonly fingerprint: string;
        readonly held: readonly Quantity[];
      }
    | {
        readonly kind: 'refused';
        readonly agentId: string;
        /** The event's type. */
        readonly command: string;
        /** Code of the refusal, such as `AGENTS.NOT_CAPABLE`. */
        readonly code: string;
        /** What was asked for; null where the command names none. */
        readonly actionType: string | null;
      }
    | {
        readonly kind: 'ended';
        readonly agentId: string;
        readonly actionId: string;
        readonly isSuccess: boolean;
        readonly spent: readonly Quantity[];
      }
    | {
        readonly kind: 'charged';
        readonly agentId: string;
        /** The action that it belongs to; null: to none. */
        readonly actionId: string | null;
        readonly spent: readonly Quantity[];
      }
    /** An action that nobody completed in time. */
    | { readonly kind: 'expired'; readonly agentId: string; readonly actionId: string }
    /** Heartbeats were missed, or came again. */
    | { readonly kind: 'silent' | 'returned'; readonly agentId: string }
    /** A sensor reported something. */
    | {
        readonly kind: 'observed';
        readonly agentId: string;
        readonly eventType: string;
        readonly severity: Severity;
        /** The numbers that are watched. */
        readonly values: readonly { readonly path: string; readonly value: number }[];
      }
    /** A limit came into debt. */
    | { readonly kind: 'indebted'; readonly scopeId: string; readonly debt: Quantity }
    | { readonly kind: 'registered'; readonly agentId: string; readonly type: AgentType }
    | {
        readonly kind: 'standing';
        readonly agentId: string;
        readonly status: AgentStatus;
        /** End of its probation; null: it is on none. */
        readonly probationUntil: Timestamp | null;
        /** The policy that isolated or ended it; null: a person did, or that of an agent above it, or it is another change. */
        readonly policyId: string | null;
      }
    /** A finding that the log has. */
    | { readonly kind: 'found'; readonly findingId: string }
    /** A scope's place below another. */
    | { readonly kind: 'placed'; readonly scopeId: string; readonly parentId: string | null }
    | { readonly kind: 'policy'; readonly policy: Policy }
    /** The substrate went into a state. */
    | { readonly kind: 'state'; readonly state: string }
    /** What thresholds are multiplied by in a state. */
    | { readonly kind: 'state_policy'; readonly state: string; readonly sensitivity: number }
  );

/** What a fact tells of. */
export type FactKind = Fact['kind'];

/** The facts of some kinds. */
export type FactOf<K extends FactKind> = Extract<Fact, { readonly kind: K }>;
