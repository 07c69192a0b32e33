import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** An agent's API key, without its secret. */
@Derived('agent_key')
@Entity('agent_keys')
export class AgentKey {
  @PrimaryColumn({ type: 'uuid' })
  key_id!: string;

  @Index('agent_keys_agent_id')
  @Column({ type: 'text' })
  agent_id!: string;

  /** The first characters, by which people tell keys apart. */
  @Column({ type: 'text' })
  prefix!: string;

  @Column({ type: 'timestamptz' })
  created_at!: Timestamp;

  /** The user who saw it, and so approves nothing for its agent. */
  @Column({ type: 'text' })
  issued_by!: string;

  /** From this moment it is void; null: until it is rotated or revoked. */
  @Column({ type: 'timestamptz', nullable: true })
  expires_at!: Timestamp | null;
}
