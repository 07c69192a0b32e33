import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** An agent's budget in one unit: the window allocated last. Amounts are nano-units. */
@Derived('budget')
@Entity('budgets')
export class Budget {
  /** `agent_id/unit`; neither contains a slash. */
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Index('budgets_agent_id')
  @Column({ type: 'text' })
  agent_id!: string;

  @Column({ type: 'text' })
  unit!: string;

  @Column({ type: 'numeric' })
  total_nano!: bigint;

  @Column({ type: 'numeric' })
  spent_nano!: bigint;

  /** Sum of the agent's open holds in this unit. */
  @Column({ type: 'numeric' })
  reserved_nano!: bigint;

  /** Real cost beyond the total. */
  @Column({ type: 'numeric' })
  debt_nano!: bigint;

  /** Debt of earlier windows that this one took over: spent + debt - carried is what this window booked in the ledger. */
  @Column({ type: 'numeric' })
  carried_nano!: bigint;

  @Column({ type: 'timestamptz' })
  window_start!: Timestamp;

  @Column({ type: 'timestamptz' })
  window_end!: Timestamp;
}
