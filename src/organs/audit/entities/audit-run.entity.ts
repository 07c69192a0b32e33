import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Timestamp } from '../../../platform/time.js';

/** How far the self-audit came: one row for the incremental one, one for the whole one. No part of the log. */
@Entity('audit_runs')
export class AuditRun {
  /** `incremental` or `full`. */
  @PrimaryColumn({ type: 'text' })
  kind!: string;

  /** Last event that was looked at and held, with its hash and the tree's compact range up to it. */
  @Column({ type: 'bigint' })
  event_id!: number;

  @Column({ type: 'bytea', nullable: true })
  hash!: Buffer | null;

  @Column({ type: 'bytea' })
  range!: Buffer;

  @Column({ type: 'timestamptz' })
  finished_at!: Timestamp;

  @Column({ type: 'integer' })
  duration_ms!: number;

  /** What it found. */
  @Column({ type: 'integer' })
  findings!: number;
}
