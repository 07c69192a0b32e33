import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';
import type { AmountText } from '../amounts.js';
import type { Funding } from '../funding.rules.js';
import type { Pricing } from '../priced-usage.js';

/** Where an action stands: `authorized` while its hold is open, then how it ended; `void` was never begun, and its hold was given back. */
export const HOLD_STATUSES = ['authorized', 'succeeded', 'failed', 'expired', 'void'] as const;
export type HoldStatus = (typeof HOLD_STATUSES)[number];

/** What an action reserved in every scope above its agent, and what became of it. */
@Derived('hold')
@Entity('holds')
export class Hold {
  @PrimaryColumn({ type: 'uuid' })
  action_id!: string;

  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  action_type!: string;

  /** What was reserved, in the order it was asked for. */
  @Column({ type: 'jsonb' })
  amounts!: readonly AmountText[];

  /** Where: the agent's scope and those above it at that time, upwards. What is spent on the action is booked there. */
  @Column({ type: 'text', array: true })
  scopes!: string[];

  /** Usage and price that an amount was reckoned from; null where the agent named amounts. */
  @Column({ type: 'jsonb', nullable: true })
  pricing!: Pricing | null;

  @Column({ type: 'text' })
  status!: HoldStatus;

  @Column({ type: 'timestamptz' })
  authorized_at!: Timestamp;

  @Column({ type: 'timestamptz' })
  expires_at!: Timestamp;

  /** How long a permit of the action lasts, in seconds. */
  @Column({ type: 'integer' })
  lease_seconds!: number;

  /** When its first permit was given out: from then on the hold may have been spent. Null for a deferred action that waits. */
  @Column({ type: 'timestamptz', nullable: true })
  begun_at!: Timestamp | null;

  /** The approved escalation that it was authorized on; null: the agent's own means and rights. */
  @Column({ type: 'uuid', nullable: true })
  escalation_id!: string | null;

  /** What limits were given so that it fits; what of it is not spent is taken back. Null: nothing. */
  @Column({ type: 'jsonb', nullable: true })
  funded!: readonly Funding[] | null;

  /** The authorization in the log. */
  @Column({ type: 'bigint' })
  event_id!: number;

  /** What the action cost in the end; null while the hold is open. */
  @Column({ type: 'jsonb', nullable: true })
  costs!: readonly AmountText[] | null;

  @Column({ type: 'timestamptz', nullable: true })
  settled_at!: Timestamp | null;

  /** The event that ended it last: completion, expiry or the correction after expiry. */
  @Column({ type: 'bigint', nullable: true })
  settled_event_id!: number | null;
}
