import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Unrecorded } from './table.js';

/** The tables of the log itself. Only the spine writes them; these classes describe them to migrations and reads. */

/** One event. `body` alone is the truth; the other columns are copies to query by. */
@Entity('event_log')
@Check('event_log_follows', 'previous_event_id is not distinct from nullif(id - 1, 0)')
export class EventLogRow {
  @PrimaryColumn({ type: 'bigint' })
  id!: number;

  @Column({ type: 'bigint', nullable: true })
  previous_event_id!: number | null;

  @Column({ type: 'bytea' })
  hash!: Buffer;

  @Column({ type: 'text' })
  body!: string;

  @Column({ type: 'text' })
  type!: string;

  @Column({ type: 'text' })
  outcome!: string;

  @Column({ type: 'text' })
  actor_id!: string;

  @Column({ type: 'text', nullable: true })
  subject_id!: string | null;

  @Column({ type: 'timestamptz' })
  occurred_at!: string;

  @Column({ type: 'text' })
  request_id!: string;
}

/** The end of the chain: one row, locked by whoever appends. */
@Entity('log_head')
@Check('log_head_single', 'singleton')
export class LogHeadRow {
  @PrimaryColumn({ type: 'boolean', default: true })
  singleton!: boolean;

  @Column({ type: 'bigint' })
  event_id!: number;

  @Column({ type: 'bytea', nullable: true })
  hash!: Buffer | null;

  /** Compact range of the Merkle tree over all events. */
  @Column({ type: 'bytea' })
  range!: Buffer;
}

/**
 * A caller's JSON that is kept beside the log: it was too large for its event's body, or is about a person. The body has its
 * digest, so that it can be erased without breaking a proof.
 */
@Unrecorded('event_text')
@Entity('event_texts')
export class EventTextRow {
  /** `<event id>/<member>`. */
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Index('event_texts_event_id')
  @Column({ type: 'bigint' })
  event_id!: number;

  @Column({ type: 'text' })
  member!: string;

  /** Canonical JSON (RFC 8785). */
  @Column({ type: 'text' })
  text!: string;

  /** Hex; null unless it is about a person. */
  @Column({ type: 'text', nullable: true })
  salt!: string | null;
}

/** The answer that an Idempotency-Key stands for. */
@Entity('idempotency_records')
export class IdempotencyRow {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text' })
  fingerprint!: string;

  @Column({ type: 'integer' })
  status!: number;

  @Column({ type: 'text' })
  body!: string;

  @Column({ type: 'timestamptz' })
  expires_at!: string;
}

/** A full tile of the log's Merkle tree, by its root; what it holds are the roots of the level below, or the log's hashes. */
@Entity('log_tiles')
export class LogTileRow {
  @PrimaryColumn({ type: 'smallint' })
  level!: number;

  @PrimaryColumn({ type: 'bigint' })
  index!: number;

  @Column({ type: 'bytea' })
  root!: Buffer;
}

/** A checkpoint as the log signed it. */
@Entity('checkpoints')
export class CheckpointRow {
  @PrimaryColumn({ type: 'bigint' })
  size!: number;

  @Column({ type: 'text' })
  note!: string;

  @Column({ type: 'timestamptz' })
  signed_at!: string;

  /** When every sink had been told of it, whatever each said. */
  @Column({ type: 'timestamptz', nullable: true })
  published_at!: string | null;
}

/** What a witness said of a checkpoint: a signature line (C2SP tlog-cosignature). */
@Entity('cosignatures')
export class CosignatureRow {
  @PrimaryColumn({ type: 'bigint' })
  size!: number;

  @PrimaryColumn({ type: 'text' })
  witness!: string;

  @Column({ type: 'text' })
  line!: string;
}

/** What became of a sink that gets checkpoints. */
@Entity('checkpoint_sinks')
export class CheckpointSinkRow {
  @PrimaryColumn({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  kind!: string;

  @Column({ type: 'bigint' })
  size!: number;

  @Column({ type: 'timestamptz', nullable: true })
  published_at!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  failing_since!: string | null;

  @Column({ type: 'text', nullable: true })
  failure!: string | null;
}
