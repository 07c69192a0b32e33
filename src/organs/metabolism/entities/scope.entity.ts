import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** What a scope is: the root, a group of scopes, or one agent. */
export type ScopeKind = 'substrate' | 'group' | 'agent';

/**
 * A place in the hierarchy of budgets. The root and an agent directly below it need no row; a group has one, an agent gets
 * one when it is moved, and any of them when something is said about it.
 */
@Derived('scope')
@Entity('scopes')
export class Scope {
  /** `substrate`, a UUIDv7 for a group, `agent:<agent_id>` for an agent. */
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  kind!: ScopeKind;

  /** For people; null unless a group. */
  @Column({ type: 'text', nullable: true })
  name!: string | null;

  /** The scope above; null for the root alone. */
  @Index('scopes_parent_id')
  @Column({ type: 'text', nullable: true })
  parent_id!: string | null;

  /** Percentages of a limit that are told when they are reached, ascending; null: the defaults. */
  @Column({ type: 'jsonb', nullable: true })
  thresholds!: readonly number[] | null;

  @Column({ type: 'timestamptz' })
  created_at!: Timestamp;
}
