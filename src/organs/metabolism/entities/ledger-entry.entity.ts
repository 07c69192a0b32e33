import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** One cost in the books. Never changed: what was wrong is corrected by a further row. */
@Derived('ledger_entry', { appendOnly: true })
@Entity('cost_ledger')
export class LedgerEntry {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'bigint' })
  event_id!: number;

  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'uuid', nullable: true })
  action_id!: string | null;

  @Column({ type: 'text' })
  cost_type!: string;

  /** Nano-units; negative only where a correction takes back part of an estimate. */
  @Column({ type: 'bigint' })
  amount_nano!: bigint;

  @Column({ type: 'text' })
  unit!: string;

  /** When the cost arose: the caller's word where it gave one, else the moment it was booked. */
  @Column({ type: 'timestamptz' })
  occurred_at!: Timestamp;

  /** The whole hold of an action that was not completed in time. */
  @Column({ type: 'boolean' })
  estimated!: boolean;

  /** Start of the budget window that bore it. */
  @Column({ type: 'timestamptz' })
  window_start!: Timestamp;
}
