import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Unrecorded } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** What a user proves itself with; written with the command that sets it, never in the log. */
@Unrecorded('user_credential')
@Entity('user_credentials')
export class UserCredential {
  @PrimaryColumn({ type: 'uuid' })
  user_id!: string;

  /** Argon2id in PHC form; null until the user is activated. */
  @Column({ type: 'text', nullable: true })
  password_hash!: string | null;

  /** SHA-256 of the activation token, hex; null when none is open. */
  @Column({ type: 'text', nullable: true, unique: true })
  activation_hash!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  activation_expires_at!: Timestamp | null;
}
