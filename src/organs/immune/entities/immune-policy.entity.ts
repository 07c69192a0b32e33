import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';

/** A rule of the immune system, as data: which detector, how much of it in which time, and the answer. */
@Derived('immune_policy')
@Entity('immune_policies')
export class ImmunePolicy {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  detector!: string;

  /** Number of occurrences within the window that sets it off. */
  @Column({ type: 'integer' })
  threshold!: number;

  @Column({ type: 'integer' })
  window_seconds!: number;

  @Column({ type: 'text' })
  answer!: 'quarantine';

  @Column({ type: 'boolean' })
  enabled!: boolean;

  @Column({ type: 'integer' })
  version!: number;
}
