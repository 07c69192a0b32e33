// Loads every entity, so that derivedTables() knows them.
import '../../src/data-source.js';
import { derivedTables, type GovernedTable } from '../../src/event-log/table.js';
import { createClient } from '../../src/platform/database/client.js';
import type { JsonValue } from '../../src/platform/json.js';

/** Rows of the derived tables, by table and key, each as the canonical text of its effect. */
export type Tables = Map<string, Map<string, string>>;

interface EffectJson {
  readonly entity: string;
  readonly id: string;
  readonly op: 'insert' | 'update' | 'delete';
  readonly after?: Record<string, JsonValue>;
}

/** Folds the effects of an export (NDJSON) over empty tables. @throws Error for an effect that does not fit */
export function foldExport(ndjson: string): Tables {
  const known = new Map(derivedTables().map((table) => [table.entity, table]));
  const tables: Tables = new Map(derivedTables().map((table) => [table.name, new Map<string, string>()]));
  for (const line of ndjson.trimEnd().split('\n')) {
    const { body } = JSON.parse(line) as { body: string };
    const { id, effects } = JSON.parse(body) as { id: number; effects: EffectJson[] };
    for (const effect of effects) {
      const table = known.get(effect.entity);
      if (!table) throw new Error(`event ${id} changes ${effect.entity}, which is no table`);
      applyTo(tables.get(table.name) ?? new Map(), table, effect, id);
    }
  }
  return tables;
}

function applyTo(
  rows: Map<string, string>,
  table: GovernedTable<object>,
  { id, op, after }: EffectJson,
  eventId: number,
): void {
  if (rows.has(id) === (op === 'insert')) throw new Error(`event ${eventId} cannot ${op} ${table.entity} ${id}`);
  if (op === 'delete') {
    rows.delete(id);
    return;
  }
  if (!after) throw new Error(`event ${eventId} has no row for ${table.entity} ${id}`);
  const row = table.rowOfAfter(after);
  if (table.idOf(row) !== id)
    throw new Error(`event ${eventId} names ${table.entity} ${id}, its row ${table.idOf(row)}`);
  rows.set(id, table.after(row));
}

/** The derived tables as the database has them. */
export async function readTables(databaseUrl: string): Promise<Tables> {
  const client = createClient(databaseUrl, 'audit');
  await client.connect();
  try {
    const tables: Tables = new Map();
    for (const table of derivedTables()) {
      const { rows } = await client.query<Record<string, unknown>>(`select ${table.selectList} from "${table.name}"`);
      tables.set(
        table.name,
        new Map(rows.map((raw) => table.decode(raw)).map((row) => [table.idOf(row), table.after(row)])),
      );
    }
    return tables;
  } finally {
    await client.end();
  }
}

/** Differences between two states of the tables, in words; empty when they are equal. */
export function differences(expected: Tables, found: Tables): string[] {
  const all: string[] = [];
  for (const [name, rows] of expected) {
    const other = found.get(name) ?? new Map<string, string>();
    for (const [id, row] of rows)
      if (other.get(id) !== row) all.push(`${name} ${id}: log ${row}, table ${other.get(id) ?? 'has no such row'}`);
    for (const id of other.keys()) if (!rows.has(id)) all.push(`${name} ${id}: the log knows no such row`);
  }
  return all;
}
