import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';

/** How many people decide on which action types, and how fast. */
@Derived('approval_policy')
@Entity('approval_policies')
export class ApprovalPolicy {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  /** An action type, the beginning of some with `*` at its end, or `*`. Never changes. */
  @Column({ type: 'text' })
  action_type!: string;

  /** People who must approve. */
  @Column({ type: 'integer' })
  approvals_needed!: number;

  /** Seconds in which it is decided, or expires. */
  @Column({ type: 'integer' })
  decide_within_seconds!: number;

  /** Seconds in which an approval can be used. */
  @Column({ type: 'integer' })
  usable_seconds!: number;

  @Column({ type: 'integer' })
  version!: number;
}
