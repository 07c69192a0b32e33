import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { JsonObject } from '../../../platform/json.js';
import type { Timestamp } from '../../../platform/time.js';
import type { AmountText, Pricing } from '../../metabolism/index.js';

/** Where an escalation stands: `used` when its action was authorized, `expired` when nobody decided it in time. */
export const ESCALATION_STATUSES = ['pending', 'approved', 'denied', 'expired', 'used'] as const;
export type EscalationStatus = (typeof ESCALATION_STATUSES)[number];

/** What stood in the way when it was asked: the problem that `POST /actions` would have answered. */
export interface Obstacle extends JsonObject {
  readonly code: string;
  readonly detail: string;
}

/** One person's yes. */
export interface Approval extends JsonObject {
  readonly user_id: string;
  readonly at: Timestamp;
  readonly event_id: number;
  readonly reason: string;
}

/** What an agent may not do by itself and asks for, and what people decide on exactly that. */
@Derived('escalation')
@Entity('escalations')
export class Escalation {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index('escalations_agent_id')
  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  action_type!: string;

  /** Hex SHA-256 of the payload's RFC 8785 form; null without one, and for one about a person: its text beside the log is compared. */
  @Column({ type: 'text', nullable: true })
  payload_sha256!: string | null;

  /** Whether the payload is about a person. */
  @Column({ type: 'boolean' })
  personal!: boolean;

  /** What the action may cost at most, by unit. */
  @Column({ type: 'jsonb' })
  ceiling!: readonly AmountText[];

  /** Usage and price that a part of the ceiling was reckoned from. */
  @Column({ type: 'jsonb', nullable: true })
  pricing!: Pricing | null;

  @Column({ type: 'text' })
  reason!: string;

  /** What a request is known again by: agent, action type, payload, ceiling and reason. */
  @Index('escalations_request')
  @Column({ type: 'text' })
  request_sha256!: string;

  /** Null where nothing stood in the way. */
  @Column({ type: 'jsonb', nullable: true })
  obstacle!: Obstacle | null;

  /** The approval policy that went when it was asked. */
  @Column({ type: 'text' })
  policy_id!: string;

  @Column({ type: 'integer' })
  policy_version!: number;

  @Column({ type: 'integer' })
  approvals_needed!: number;

  @Column({ type: 'jsonb' })
  approvals!: readonly Approval[];

  @Column({ type: 'text' })
  status!: EscalationStatus;

  @Column({ type: 'timestamptz' })
  asked_at!: Timestamp;

  /** Not decided by then, it is `expired`. */
  @Column({ type: 'timestamptz' })
  decide_by!: Timestamp;

  /** Not used by then, the approval is over; null until it is approved. */
  @Column({ type: 'timestamptz', nullable: true })
  usable_until!: Timestamp | null;

  /** The event that asked. */
  @Column({ type: 'bigint' })
  event_id!: number;

  /** The user who decided it: the one who denied, or whose approval was the last that was needed. */
  @Column({ type: 'text', nullable: true })
  decided_by!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  decided_at!: Timestamp | null;

  @Column({ type: 'text', nullable: true })
  decision_reason!: string | null;

  /** The event of the decision, or of the expiry. */
  @Column({ type: 'bigint', nullable: true })
  decided_event_id!: number | null;

  /** The action that was authorized on it. */
  @Column({ type: 'uuid', nullable: true })
  used_action_id!: string | null;

  @Column({ type: 'bigint', nullable: true })
  used_event_id!: number | null;
}
