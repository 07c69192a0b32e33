import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Answer, DetectorName, Mode, Policy } from '../detection/policy.js';

/** A rule of the immune system, as data; `detection/policy.ts` says what the members mean. One for each detector and scope. */
@Derived('immune_policy')
@Entity('immune_policies')
export class ImmunePolicy implements Policy {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  detector!: DetectorName;

  @Column({ type: 'double precision' })
  threshold!: number;

  @Column({ type: 'integer' })
  window_seconds!: number;

  @Column({ type: 'text' })
  scope!: string;

  @Column({ type: 'text' })
  answer!: Answer;

  @Column({ type: 'text' })
  mode!: Mode;

  @Column({ type: 'integer' })
  cool_down_seconds!: number;

  /** Counts its changes. */
  @Column({ type: 'integer' })
  version!: number;
}
