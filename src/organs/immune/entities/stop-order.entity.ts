import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** What an agent is told to stop for. */
export const STOP_KINDS = ['quarantine', 'terminate'] as const;
export type StopKind = (typeof STOP_KINDS)[number];

/** What is known of a stop: asked for, confirmed by the agent, or not confirmed in time. Nothing says that it has happened. */
export const STOP_STATUSES = ['requested', 'confirmed', 'unconfirmed'] as const;
export type StopStatus = (typeof STOP_STATUSES)[number];

/** An order to stop everything that an agent has begun. */
@Derived('stop_order')
@Entity('stop_orders')
export class StopOrder {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index('stop_orders_agent_id')
  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  kind!: StopKind;

  @Column({ type: 'text' })
  reason!: string;

  /** Ids of the begun, open actions at that time; `all` alone where there are too many to name. */
  @Column({ type: 'text', array: true })
  actions!: string[];

  @Column({ type: 'text' })
  status!: StopStatus;

  @Column({ type: 'timestamptz' })
  requested_at!: Timestamp;

  /** The event that ordered it. */
  @Column({ type: 'bigint' })
  event_id!: number;

  /** Not confirmed by then, it is `unconfirmed`. */
  @Column({ type: 'timestamptz' })
  confirm_by!: Timestamp;

  /** When the agent confirmed; null until then. */
  @Column({ type: 'timestamptz', nullable: true })
  answered_at!: Timestamp | null;

  /** The event of the confirmation; null until then. */
  @Column({ type: 'bigint', nullable: true })
  answered_event_id!: number | null;
}
