import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** Where an action stands: `authorized` while its hold is open, then how it ended. */
export const HOLD_STATUSES = ['authorized', 'succeeded', 'failed', 'expired'] as const;
export type HoldStatus = (typeof HOLD_STATUSES)[number];

/** What an action reserved of a budget, and what became of it. Amounts are nano-units. */
@Derived('hold')
@Entity('holds')
export class Hold {
  @PrimaryColumn({ type: 'uuid' })
  action_id!: string;

  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  action_type!: string;

  @Column({ type: 'text' })
  unit!: string;

  /** What was reserved. */
  @Column({ type: 'bigint' })
  amount_nano!: bigint;

  @Column({ type: 'text' })
  status!: HoldStatus;

  @Column({ type: 'timestamptz' })
  authorized_at!: Timestamp;

  @Column({ type: 'timestamptz' })
  expires_at!: Timestamp;

  /** The authorization in the log. */
  @Column({ type: 'bigint' })
  event_id!: number;

  /** What the action cost in the end; null while the hold is open. */
  @Column({ type: 'bigint', nullable: true })
  cost_nano!: bigint | null;

  @Column({ type: 'timestamptz', nullable: true })
  settled_at!: Timestamp | null;

  /** The event that ended it last: completion, expiry or the correction after expiry. */
  @Column({ type: 'bigint', nullable: true })
  settled_event_id!: number | null;

  /** Start of the budget window that bore the cost. */
  @Column({ type: 'timestamptz', nullable: true })
  window_start!: Timestamp | null;
}
