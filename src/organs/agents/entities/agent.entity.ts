import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** What an agent is for. All types may act; `defend` lets only reflex agents. */
export const AGENT_TYPES = ['sensor', 'task', 'reflex'] as const;
export type AgentType = (typeof AGENT_TYPES)[number];

/** Whether an agent may act. */
export const AGENT_STATUSES = ['active', 'quarantined', 'terminated'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

/** A registered agent and its standing. */
@Derived('agent')
@Entity('agents')
export class Agent {
  @PrimaryColumn({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  type!: AgentType;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  /** Action types that it may ask for; null: any. */
  @Column({ type: 'text', array: true, nullable: true })
  capabilities!: string[] | null;

  @Column({ type: 'text', nullable: true })
  source_uri!: string | null;

  @Column({ type: 'timestamptz' })
  registered_at!: Timestamp;

  @Column({ type: 'text' })
  status!: AgentStatus;

  /** Why it has this status; null while it never changed. */
  @Column({ type: 'text', nullable: true })
  status_reason!: string | null;

  @Column({ type: 'timestamptz' })
  status_since!: Timestamp;

  /** The event that gave it this status. */
  @Column({ type: 'bigint' })
  status_event_id!: number;

  /** Released on probation: the next refusal for lack of budget isolates it again. */
  @Column({ type: 'boolean' })
  on_probation!: boolean;
}
