import type { Timestamp } from '../platform/time.js';

/** Who acted. */
export interface Actor {
  readonly type: 'user' | 'agent' | 'system';
  readonly id: string;
}

/** What it was done to. */
export interface Subject {
  readonly type: string;
  readonly id: string;
}

/** `succeeded`, `denied` (a rule said no) or `failed` (it broke). */
export type Outcome = 'succeeded' | 'denied' | 'failed';

/** What an answer says of its event. */
export interface EventReference {
  readonly id: number;
  readonly hash: string;
}

/** One row of `event_log`, as stored: `body` is the text that was hashed. */
export interface StoredEvent {
  readonly id: number;
  readonly hash: string;
  readonly body: string;
  readonly occurredAt: Timestamp;
}
