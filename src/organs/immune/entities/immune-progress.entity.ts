import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Timestamp } from '../../../platform/time.js';

/** How far the detectors came along the log: one row. No part of the log, and made anew from it where it is lost. */
@Entity('immune_progress')
export class ImmuneProgress {
  @PrimaryColumn({ type: 'boolean', default: true })
  singleton!: boolean;

  /** The last event that was judged, its findings recorded. */
  @Column({ type: 'bigint' })
  judged_event_id!: number;

  @Column({ type: 'timestamptz' })
  judged_at!: Timestamp;

  /** The event that `immune_series` and `shared` are as of: judging begins behind it after a restart. */
  @Column({ type: 'bigint' })
  saved_event_id!: number;

  /** What the detectors know beyond single agents, as JSON. */
  @Column({ type: 'text', nullable: true })
  shared!: string | null;
}

/** What the detectors know of an agent, as JSON, while nothing happens about it. No part of the log. */
@Entity('immune_series')
export class ImmuneSeries {
  @PrimaryColumn({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  state!: string;
}

/** When a replica could be reached: what tells an agent's silence from our own. No part of the log. */
@Entity('replica_pulse')
export class ReplicaPulse {
  @PrimaryColumn({ type: 'uuid' })
  replica!: string;

  @Column({ type: 'timestamptz' })
  beat_at!: Timestamp;

  /** Its start, or the end of its last stall. */
  @Column({ type: 'timestamptz' })
  reachable_since!: Timestamp;
}
