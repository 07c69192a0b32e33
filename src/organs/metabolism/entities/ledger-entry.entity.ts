import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';
import { COST_SUMS } from '../rollup.js';
import type { Pricing } from '../priced-usage.js';

/** One cost in the books. Never changed: what was wrong is corrected by a further row. */
@Derived('ledger_entry', { appendOnly: true, sums: COST_SUMS })
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

  /** Nano-units; negative only where a correction takes something back. */
  @Column({ type: 'bigint' })
  amount_nano!: bigint;

  @Column({ type: 'text' })
  unit!: string;

  /** When the cost arose: the caller's word where it gave one, else the moment it was booked. */
  @Column({ type: 'timestamptz' })
  occurred_at!: Timestamp;

  /** When it was booked: the event's moment, which says what window bore it. */
  @Column({ type: 'timestamptz' })
  booked_at!: Timestamp;

  /** The whole hold of an action that was not completed in time. */
  @Column({ type: 'boolean' })
  estimated!: boolean;

  /** The scopes that it was booked in, upwards from the agent's. */
  @Column({ type: 'text', array: true })
  scopes!: string[];

  /** `provider/model` of the usage that it was reckoned from; null where the agent named an amount. */
  @Column({ type: 'text', nullable: true })
  model!: string | null;

  /** Usage by kind, price and its version; null where the agent named an amount. */
  @Column({ type: 'jsonb', nullable: true })
  pricing!: Pricing | null;

  /** The row that this one corrects. */
  @Column({ type: 'uuid', nullable: true })
  corrects!: string | null;
}
