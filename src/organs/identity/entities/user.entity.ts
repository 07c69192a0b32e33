import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { Timestamp } from '../../../platform/time.js';

/** A person with roles. */
@Derived('user')
@Entity('users')
export class User {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** Lower case, unique for ever. */
  @Column({ type: 'text', unique: true })
  username!: string;

  @Column({ type: 'text', array: true })
  roles!: string[];

  @Column({ type: 'boolean' })
  disabled!: boolean;

  @Column({ type: 'timestamptz' })
  created_at!: Timestamp;

  /** When the present password was set; null until then. Sessions of another password are void. */
  @Column({ type: 'timestamptz', nullable: true })
  activated_at!: Timestamp | null;
}
