import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** A refusal for lack of budget that still counts: rows leave with their policy's window. */
@Derived('budget_refusal')
@Entity('budget_refusals')
export class BudgetRefusal {
  @PrimaryColumn({ type: 'bigint' })
  event_id!: number;

  @Index('budget_refusals_agent_id')
  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'timestamptz' })
  refused_at!: Timestamp;
}
