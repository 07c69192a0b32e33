import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { JsonObject } from '../../../platform/json.js';
import type { Timestamp } from '../../../platform/time.js';

/** What an agent is for. Each state's policy says which types may act: in `defend`, unless it was changed, only reflex agents. */
export const AGENT_TYPES = ['sensor', 'task', 'reflex'] as const;
export type AgentType = (typeof AGENT_TYPES)[number];

/** Whether an agent may act. */
export const AGENT_STATUSES = ['active', 'quarantined', 'terminated'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

/** For some time after its release an agent may use a share of its limits only. */
export interface Probation extends JsonObject {
  readonly until: Timestamp;
  /** Of each limit, above 0 and up to 1. */
  readonly share: number;
  /** What its scope had booked and held when it was released, by unit, as exact decimals. */
  readonly marks: Readonly<Record<string, string>>;
}

/** For some time an agent may begin a number of actions a minute only. */
export interface Throttle extends JsonObject {
  readonly until: Timestamp;
  readonly per_minute: number;
  readonly policy_id: string;
  /** The minute that is counted, and what was authorized in it. */
  readonly minute: Timestamp;
  readonly used: number;
}

/** For some time an agent may act only with an approval. */
export interface Supervision extends JsonObject {
  readonly until: Timestamp;
  readonly policy_id: string;
}

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

  /** The user who registered it, and so approves nothing for it. */
  @Column({ type: 'text' })
  registered_by!: string;

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

  /** The agent that it was made by or for, and with which it is isolated and ended; null: none. Never changes. */
  @Index('agents_parent_id')
  @Column({ type: 'text', nullable: true })
  parent_id!: string | null;

  /** Null where it never was on one; over where its time is over. */
  @Column({ type: 'jsonb', nullable: true })
  probation!: Probation | null;

  @Column({ type: 'jsonb', nullable: true })
  throttle!: Throttle | null;

  @Column({ type: 'jsonb', nullable: true })
  supervision!: Supervision | null;

  /** Since when its heartbeats are missed; null while it is heard, or never was. */
  @Column({ type: 'timestamptz', nullable: true })
  silent_since!: Timestamp | null;
}
