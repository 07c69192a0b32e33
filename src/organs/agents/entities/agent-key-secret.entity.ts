import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Unrecorded } from '../../../event-log/table.js';

/** What an agent's key is recognized by; never in the log. */
@Unrecorded('agent_key_secret')
@Entity('agent_key_secrets')
export class AgentKeySecret {
  @PrimaryColumn({ type: 'uuid' })
  key_id!: string;

  @Column({ type: 'text' })
  agent_id!: string;

  /** SHA-256 of the key, hex: 256 random bits need no slow hash. */
  @Column({ type: 'text', unique: true })
  key_hash!: string;
}
