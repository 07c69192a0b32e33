import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** States of the whole substrate. */
export const STATES = ['observe', 'alert', 'act', 'defend'] as const;
export type StateName = (typeof STATES)[number];

/**
 * On whose word the state is what it is: the first event's, a person's, findings of the immune system, that none came for
 * long enough, the self-audit's. Only what findings raised goes back by itself.
 */
export const RAISED_BY = ['genesis', 'user', 'findings', 'quiet', 'audit'] as const;
export type RaisedBy = (typeof RAISED_BY)[number];

/** The key of the only row. */
export const THE_STATE = 'substrate';

/** The present state of the substrate; one row. */
@Derived('state')
@Entity('substrate_state')
export class SubstrateState {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  current_state!: StateName;

  @Column({ type: 'timestamptz' })
  since!: Timestamp;

  /** What moved it here. */
  @Column({ type: 'text' })
  trigger!: string;

  @Column({ type: 'text' })
  raised_by!: RaisedBy;

  /** The event that moved it here, or said last why it stays. */
  @Column({ type: 'bigint' })
  event_id!: number;
}
