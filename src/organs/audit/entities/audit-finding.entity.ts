import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** Something that a self-audit found not to hold. */
@Derived('audit_finding')
@Entity('audit_findings')
export class AuditFinding {
  /** SHA-256 of kind and place, hex: the same thing found again is the same finding. */
  @PrimaryColumn({ type: 'text' })
  id!: string;

  /** As the verifier names it. */
  @Column({ type: 'text' })
  kind!: string;

  /** The event, the table and key, or the object that it is about. */
  @Column({ type: 'text' })
  place!: string;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ type: 'timestamptz' })
  found_at!: Timestamp;

  @Column({ type: 'bigint' })
  event_id!: number;

  /** When a whole audit no longer found it; null: it stands. */
  @Column({ type: 'timestamptz', nullable: true })
  cleared_at!: Timestamp | null;

  @Column({ type: 'bigint', nullable: true })
  cleared_event_id!: number | null;
}
