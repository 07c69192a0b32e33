import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** One isolation of an agent: who ordered it, why, on what evidence, and how it ended. */
@Derived('quarantine')
@Entity('quarantined_agents')
export class Quarantine {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index('quarantined_agents_agent_id')
  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  reason!: string;

  @Column({ type: 'timestamptz' })
  quarantined_at!: Timestamp;

  /** `user` or `system`. */
  @Column({ type: 'text' })
  quarantined_by_type!: string;

  /** Id of the user, or of the policy whose rule acted. */
  @Column({ type: 'text' })
  quarantined_by!: string;

  /** Events that it rests on. */
  @Column({ type: 'bigint', array: true })
  evidence!: number[];

  @Column({ type: 'bigint' })
  event_id!: number;

  /** The finding that it answers; null where a person ordered it. */
  @Column({ type: 'text', nullable: true })
  finding_id!: string | null;

  /** The quarantine of an agent above it that brought it about, and whose end ends it; null: it is its own. */
  @Column({ type: 'uuid', nullable: true })
  inherited_from!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  released_at!: Timestamp | null;

  @Column({ type: 'text', nullable: true })
  released_by!: string | null;

  @Column({ type: 'text', nullable: true })
  release_reason!: string | null;

  @Column({ type: 'bigint', nullable: true })
  release_event_id!: number | null;
}
