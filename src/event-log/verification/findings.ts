import type { Tampering, TamperingKind } from './log-walk.js';

/** Kinds of what an audit of a database finds, beyond what is wrong with the log itself. */
export type FindingKind =
  | TamperingKind
  /** The head is not the end of the log. */
  | 'head_reset'
  /** A row of a derived table is not what the log says. */
  | 'row_changed'
  /** A row of a derived table of which the log says nothing. */
  | 'row_added'
  /** A row that the log says is there, and is not. */
  | 'row_removed'
  /** A text beside the log is not what its event's body has the digest of. */
  | 'text_changed'
  /** A text beside the log of which no event knows. */
  | 'text_added'
  /** An effect in the log does not fit those before it. */
  | 'unfit_effect'
  /** Something that keeps rows from being changed is missing, switched off or replaced. */
  | 'unguarded'
  /** An index tells something else than its table. */
  | 'index_damage';

/** Something that does not hold: with the event, the row or the object where it was found. */
export interface Finding {
  readonly kind: FindingKind;
  readonly reason: string;
  readonly event_id?: number;
  readonly table?: string;
  /** Key of the row. */
  readonly key?: string;
  /** What the log says of the row, as in an effect's `after`; null: that there is none. */
  readonly expected?: string | null;
  /** What the table has; null: no such row. */
  readonly found?: string | null;
}

/** What is wrong with the log, as a finding. */
export function findingOf({ kind, event_id, reason }: Tampering): Finding {
  return { kind, event_id, reason };
}

/** A finding in words. */
export function describeFinding({ kind, event_id: event, table, key, reason, ...row }: Finding): string {
  const place =
    table === undefined
      ? event === undefined
        ? ''
        : ` at event ${event}`
      : ` in ${table}${key === undefined ? '' : ` ${key}`}`;
  const values =
    row.expected === undefined
      ? ''
      : `\n  the log says  ${row.expected ?? 'no such row'}\n  the table has ${row.found ?? 'no such row'}`;
  return `(${kind})${place}: ${reason}${values}`;
}
