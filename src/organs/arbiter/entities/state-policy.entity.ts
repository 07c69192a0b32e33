import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { AgentType } from '../../agents/index.js';
import type { StateName } from './substrate-state.entity.js';

/** Which actions need an approval. A type that ends with `*` stands for all that begin like it. */
export type StateApprovals =
  { readonly kind: 'none' } | { readonly kind: 'all' } | { readonly kind: 'types'; readonly action_types: string[] };

/** What a state does, as data; one row for each state. */
@Derived('state_policy')
@Entity('state_policies')
export class StatePolicy {
  @PrimaryColumn({ type: 'text' })
  state!: StateName;

  /** Types of agents that may act. */
  @Column({ type: 'text', array: true })
  may_act!: AgentType[];

  /** Of each limit, above 0 and up to 1, to a thousandth: what may be used of it. */
  @Column({ type: 'double precision' })
  limits_share!: number;

  @Column({ type: 'jsonb' })
  approvals!: StateApprovals;

  /** What the thresholds of detectors are multiplied by; 1: as they are, less: they find earlier. */
  @Column({ type: 'double precision' })
  sensitivity!: number;

  /** Shortest stay before the system itself may leave the state. People may always. */
  @Column({ type: 'integer' })
  dwell_seconds!: number;

  /** Of `alert`: so long without a finding that is answered, and the system goes back to `observe`. */
  @Column({ type: 'integer' })
  quiet_seconds!: number;

  /** Counts its changes. */
  @Column({ type: 'integer' })
  version!: number;
}
