import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';

/** What was done in one unit below a scope, as exact decimals. */
export interface Balance {
  /** Sum of the open holds. */
  readonly held: string;
  /** Sum of the ledger, since ever. */
  readonly booked: string;
}

/** The sums of a scope: of the holds and the ledger rows of every agent that acted in it. */
@Derived('account')
@Entity('accounts')
export class Account {
  @PrimaryColumn({ type: 'text' })
  scope_id!: string;

  /** By unit. */
  @Column({ type: 'jsonb' })
  balances!: Readonly<Record<string, Balance>>;
}
