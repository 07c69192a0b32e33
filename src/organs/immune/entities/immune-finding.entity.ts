import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';
import type { Answer, DetectorName, Mode } from '../detection/policy.js';

/** What people decided about a finding. */
export const RESOLUTIONS = ['resolved', 'dismissed'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** What a detector found, as it stands in the log; `detection/finding.ts` says what the members mean. */
@Derived('immune_finding')
@Entity('immune_findings')
export class ImmuneFinding {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Index('immune_findings_agent')
  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  policy_id!: string;

  @Column({ type: 'integer' })
  policy_version!: number;

  @Column({ type: 'text' })
  detector!: DetectorName;

  @Column({ type: 'text' })
  answer!: Answer;

  @Column({ type: 'text' })
  mode!: Exclude<Mode, 'off'>;

  @Column({ type: 'text' })
  metric!: string;

  @Column({ type: 'double precision', nullable: true })
  expected!: number | null;

  @Column({ type: 'double precision' })
  observed!: number;

  @Column({ type: 'timestamptz' })
  window_start!: Timestamp;

  @Column({ type: 'timestamptz' })
  window_end!: Timestamp;

  /** Events that it rests on; the last one set it off. */
  @Column({ type: 'bigint', array: true })
  evidence!: number[];

  @Column({ type: 'text' })
  reason!: string;

  @Column({ type: 'timestamptz' })
  found_at!: Timestamp;

  /** The event that records it. */
  @Column({ type: 'bigint' })
  event_id!: number;

  /** What somebody decided about it; this and what follows is null until then. */
  @Column({ type: 'text', nullable: true })
  resolution!: Resolution | null;

  @Column({ type: 'timestamptz', nullable: true })
  resolved_at!: Timestamp | null;

  @Column({ type: 'text', nullable: true })
  resolved_by!: string | null;

  @Column({ type: 'text', nullable: true })
  resolution_reason!: string | null;

  @Column({ type: 'bigint', nullable: true })
  resolution_event_id!: number | null;
}
