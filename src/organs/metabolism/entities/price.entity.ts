import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Derived } from '../../../event-log/table.js';
import type { JsonObject } from '../../../platform/json.js';
import type { Timestamp } from '../../../platform/time.js';

/** One version of an own price. Never changed: a later version stands beside it. */
@Derived('price', { appendOnly: true })
@Entity('prices')
export class Price {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  /** `provider/model`, or `*` for the worst case that stands in for unknown models. */
  @Index('prices_model')
  @Column({ type: 'text' })
  model!: string;

  /** It counts for what arises from this moment on, until a later one does. */
  @Column({ type: 'timestamptz' })
  valid_from!: Timestamp;

  /** Prices by kind, as exact decimals. */
  @Column({ type: 'jsonb' })
  card!: JsonObject;

  @Column({ type: 'timestamptz' })
  created_at!: Timestamp;

  @Column({ type: 'bigint' })
  event_id!: number;
}
