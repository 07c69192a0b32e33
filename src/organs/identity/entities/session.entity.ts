import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Unrecorded } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** One refresh token of a login; the tokens that followed from one login are a family. Never in the log. */
@Unrecorded('session')
@Entity('sessions')
export class Session {
  /** SHA-256 of the token, hex. */
  @PrimaryColumn({ type: 'text' })
  token_hash!: string;

  @Index('sessions_family')
  @Column({ type: 'uuid' })
  family_id!: string;

  @Index('sessions_user')
  @Column({ type: 'uuid' })
  user_id!: string;

  /** When the password was set that the login proved: a session ends with its password. */
  @Column({ type: 'timestamptz' })
  password_set_at!: Timestamp;

  @Column({ type: 'timestamptz' })
  issued_at!: Timestamp;

  @Column({ type: 'timestamptz' })
  expires_at!: Timestamp;

  /** When it was exchanged for its successor. */
  @Column({ type: 'timestamptz', nullable: true })
  rotated_at!: Timestamp | null;
}
