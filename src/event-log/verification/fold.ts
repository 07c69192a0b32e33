import { hash, randomBytes } from 'node:crypto';
import type { JsonObject, JsonValue } from '../../platform/json.js';
import { canonicalJson, isInOrder } from '../canonical.js';
import type { GovernedTable } from '../table.js';

/** An effect as an event's body has it. */
export interface LoggedEffect {
  readonly entity: string;
  readonly id: string;
  readonly op: 'insert' | 'update' | 'delete';
  readonly after?: JsonObject;
}

/** An effect with a digest in the row's place; null: it has no row. */
export interface DigestedEffect extends Pick<LoggedEffect, 'entity' | 'id' | 'op'> {
  readonly eventId: number;
  readonly digest: number | null;
}

/** What the log says of a row: a digest of it, and the event that said so last. */
export interface FoldedRow {
  readonly digest: number;
  readonly eventId: number;
}

/** Bytes of a digest: as many as a number takes. */
const DIGEST_BYTES = 6;

/** Digests of rows, salted with what nobody can know before: so that nobody can make another row with the same one. */
export class RowDigest {
  constructor(readonly salt = randomBytes(16).toString('hex')) {}

  /** Of a row's canonical text. */
  of(text: string): number {
    return Number.parseInt(hash('sha256', this.salt + text, 'hex').slice(0, 2 * DIGEST_BYTES), 16);
  }

  /** An event's effects; null where they are no effects. */
  ofEffects(eventId: number, effects: JsonValue | undefined): DigestedEffect[] | null {
    if (!Array.isArray(effects) || !effects.every(isEffect)) return null;
    return (effects as unknown as LoggedEffect[]).map(({ entity, id, op, after }) => ({
      eventId,
      entity,
      id,
      op,
      digest: after === undefined ? null : this.of(rowText(after)),
    }));
  }
}

/** The rows that follow from a log. It keeps digests instead of rows, so that millions of them fit. */
export class Fold {
  private readonly byEntity: ReadonlyMap<
    string,
    { readonly table: GovernedTable<object>; readonly rows: Map<string, FoldedRow> }
  >;

  constructor(
    tables: readonly GovernedTable<object>[],
    readonly digest: RowDigest,
  ) {
    this.byEntity = new Map(tables.map((table) => [table.entity, { table, rows: new Map<string, FoldedRow>() }]));
  }

  /** Takes in an effect; answers why it does not fit, or null. */
  apply({ eventId, entity, id, op, digest }: DigestedEffect): string | null {
    const known = this.byEntity.get(entity);
    if (!known) return `it changes ${entity}, which is no derived table`;
    const { rows, table } = known;
    if (rows.has(id) === (op === 'insert')) return `it cannot ${op} ${entity} ${id}`;
    if (op === 'delete') {
      rows.delete(id);
      return null;
    }
    if (op !== 'insert' && table.appendOnly) return `it changes ${entity} ${id}, and such rows are never changed`;
    if (digest === null) return `it has no row for ${entity} ${id}`;
    rows.set(id, { digest, eventId });
    return null;
  }

  /** The rows of a table by key. Whoever compares takes out what is found; what is left, the table lacks. */
  rowsOf({ entity }: GovernedTable<object>): Map<string, FoldedRow> {
    return this.byEntity.get(entity)?.rows ?? new Map();
  }
}

function isEffect(value: JsonValue): boolean {
  return isObject(value) && (value['after'] === undefined || isObject(value['after']));
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The canonical text of a row in an effect of a body that is canonical itself. */
export function rowText(after: JsonObject): string {
  // Strings and numbers are written as they were; only members that look like numbers are reordered by the parser.
  return isInOrder(after) ? JSON.stringify(after) : canonicalJson(after);
}
