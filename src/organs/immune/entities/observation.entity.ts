import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';
import type { Severity } from '../detection/observed-values.js';

/** What a sensor reported. Never changed; the data themselves stand in its event. */
@Derived('observation', { appendOnly: true })
@Entity('observations')
export class Observation {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index('observations_agent')
  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  event_type!: string;

  @Column({ type: 'text' })
  severity!: Severity;

  /** When it was seen, by the sensor's word. */
  @Column({ type: 'timestamptz' })
  observed_at!: Timestamp;

  /** Paths of the numeric members that are watched, in canonical order. */
  @Column({ type: 'text', array: true })
  watched!: string[];

  /** The event that has the data. */
  @Index('observations_event')
  @Column({ type: 'bigint' })
  event_id!: number;
}
