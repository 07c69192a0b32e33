import type pg from 'pg';
import { changeStatements } from '../../event-log/batch-store.js';
import type { GovernedTable } from '../../event-log/table.js';
import type { LoggedEvent } from '../../event-log/verification/event-check.rules.js';
import type { Finding } from '../../event-log/verification/findings.js';
import type { LoggedEffect } from '../../event-log/verification/fold.js';
import type { LogWalk } from '../../event-log/verification/log-walk.js';
import type { Changes } from '../../event-log/working-set.js';
import { sqlstateOf } from '../../platform/database/sqlstate.js';

interface Body {
  readonly previous_event_id: number | null;
  readonly type: string;
  readonly outcome: string;
  readonly actor: { readonly id: string };
  readonly subject: { readonly id: string } | null;
  readonly occurred_at: string;
  readonly request_id: string;
  readonly effects: readonly LoggedEffect[];
}

/** What a piece of the log does to one row. */
interface RowChange {
  /** Whether the row was there before. */
  readonly wasThere: boolean;
  /** The row after it; null: gone. */
  row: object | null;
}

const INSERT = `
  insert into event_log (id, previous_event_id, hash, body, type, outcome, actor_id, subject_id, occurred_at, request_id)
  select * from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::timestamptz[], $10::text[])`;

/** Writes events that were verified, and the rows that follow from them, piece by piece. */
export class LogWriter {
  private events: { readonly event: LoggedEvent; readonly body: Body }[] = [];
  private readonly byEntity: ReadonlyMap<string, GovernedTable<object>>;

  constructor(
    private readonly client: pg.Client,
    tables: readonly GovernedTable<object>[],
  ) {
    this.byEntity = new Map(tables.map((table) => [table.entity, table]));
  }

  /** Events that are not written yet. */
  get waiting(): number {
    return this.events.length;
  }

  add(event: LoggedEvent): void {
    this.events.push({ event, body: JSON.parse(event.body) as Body });
  }

  /** Writes what waits; answers an effect that does not fit those before it, or null. */
  async flush(): Promise<Finding | null> {
    const some = this.events;
    this.events = [];
    const bodies = some.map(({ body }) => body);
    await this.client.query({
      name: 'rebuild-events',
      text: INSERT,
      values: [
        some.map(({ event }) => event.id),
        bodies.map((body) => body.previous_event_id),
        some.map(({ event }) => event.hash),
        some.map(({ event }) => event.body),
        bodies.map((body) => body.type),
        bodies.map((body) => body.outcome),
        bodies.map((body) => body.actor.id),
        bodies.map((body) => body.subject?.id ?? null),
        bodies.map((body) => body.occurred_at),
        bodies.map((body) => body.request_id),
      ],
    });
    return this.writeRows(some);
  }

  /** Writes the head, once everything is. */
  async end(walk: LogWalk): Promise<void> {
    const hash = walk.head === null ? null : Buffer.from(walk.head, 'hex');
    await this.client.query('update log_head set event_id = $1, hash = $2, range = $3', [walk.size, hash, walk.range]);
  }

  private async writeRows(
    some: readonly { readonly event: LoggedEvent; readonly body: Body }[],
  ): Promise<Finding | null> {
    const tables = new Map<GovernedTable<object>, Map<string, RowChange>>();
    for (const { event, body } of some) {
      for (const effect of body.effects) {
        const reason = this.apply(effect, tables);
        if (reason !== null) return { kind: 'unfit_effect', event_id: event.id, reason };
      }
    }
    try {
      for (const [table, rows] of tables)
        for (const statement of changeStatements(changesOf(table, rows))) await this.client.query(statement);
      return null;
    } catch (error) {
      // 22012: a row that should be changed is not there; 23505: one that should be new is.
      if (!['22012', '23505'].includes(sqlstateOf(error) ?? '')) throw error;
      const [first] = some;
      return {
        kind: 'unfit_effect',
        event_id: first?.event.id ?? 0,
        reason: `an effect from here on does not fit: ${(error as Error).message}`,
      };
    }
  }

  private apply(effect: LoggedEffect, tables: Map<GovernedTable<object>, Map<string, RowChange>>): string | null {
    const { entity, id, op, after } = effect;
    const table = this.byEntity.get(entity);
    if (!table) return `it changes ${entity}, which is no derived table`;
    if (op !== 'delete' && after === undefined) return `it has no row for ${entity} ${id}`;
    const rows = tables.get(table) ?? new Map<string, RowChange>();
    tables.set(table, rows);
    const known = rows.get(id);
    if (known && (known.row === null) !== (op === 'insert')) return `it cannot ${op} ${entity} ${id}`;
    const row = op === 'delete' || after === undefined ? null : table.rowOfAfter(after as Record<string, never>);
    if (known) known.row = row;
    else rows.set(id, { wasThere: op !== 'insert', row });
    return null;
  }
}

function changesOf(table: GovernedTable<object>, rows: ReadonlyMap<string, RowChange>): Changes {
  const changes: Changes = { table, inserts: [], updates: [], deletes: [] };
  for (const [id, { wasThere, row }] of rows) {
    if (row === null) {
      if (wasThere) changes.deletes.push({ [table.key]: id });
    } else if (wasThere) changes.updates.push(row);
    else changes.inserts.push(row);
  }
  return changes;
}
