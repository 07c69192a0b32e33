import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';
import type { Period } from '../period.js';

/**
 * A limit of a scope in one unit and window. Its row changes when a window begins, a threshold is reached or somebody
 * changes it, and not with each cost: what the present window bears is the account's `booked` less `base`. Amounts are
 * nano-units.
 */
@Derived('limit')
@Entity('limits')
export class Limit {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index('limits_scope_id')
  @Column({ type: 'text' })
  scope_id!: string;

  @Column({ type: 'text' })
  unit!: string;

  @Column({ type: 'numeric' })
  limit_nano!: bigint;

  @Column({ type: 'jsonb' })
  period!: Period;

  @Column({ type: 'timestamptz' })
  window_start!: Timestamp;

  /** When the row has to be brought up to date: the window's end, or that of a rolling window's newest slice; null: never. */
  @Column({ type: 'timestamptz', nullable: true })
  window_end!: Timestamp | null;

  /** The first event whose bookings the window bears. */
  @Column({ type: 'bigint' })
  since_event_id!: number;

  /** `booked` of the account before that event, less the debt that the window took over, and with what was forgiven in it. */
  @Column({ type: 'numeric' })
  base_nano!: bigint;

  /** Debt of earlier windows that this one took over. */
  @Column({ type: 'numeric' })
  carried_nano!: bigint;

  /** Debt of this window that an arbiter forgave. */
  @Column({ type: 'numeric' })
  forgiven_nano!: bigint;

  /** What this window may bear beyond the limit, given to it by an arbiter. */
  @Column({ type: 'numeric' })
  funded_nano!: bigint;

  /** Of a rolling window that was given something: when that has left it. */
  @Column({ type: 'timestamptz', nullable: true })
  funded_until!: Timestamp | null;

  /** Of a rolling window: its slices, oldest first. */
  @Column({ type: 'jsonb', nullable: true })
  marks!: readonly Mark[] | null;

  /** The highest threshold that was told in this window, in percent. */
  @Column({ type: 'integer' })
  told!: number;

  @Column({ type: 'timestamptz', nullable: true })
  told_at!: Timestamp | null;

  /** Whether it is known to be in debt. */
  @Column({ type: 'boolean' })
  in_debt!: boolean;
}

/** Where a slice begins, what the account's `booked` was then (an exact decimal), and the first event that came after. */
export type Mark = readonly [at: Timestamp, booked: string, eventId: number];
