import type { GovernedTable } from './table.js';
import type { Need, Via, WorkingSet } from './working-set.js';

/** All that is needed of one table by one column (and one way): one statement. */
export interface Lookup {
  readonly table: GovernedTable<object>;
  readonly by: string;
  readonly via?: Via;
  readonly values: Set<string>;
}

/** Needs as few statements: those of the same table, column and way together. */
export function mergeNeeds(needs: readonly Need[]): Lookup[] {
  const lookups = new Map<GovernedTable<object>, Map<string, Lookup>>();
  for (const { table, by, via, values } of needs) {
    const ofTable = lookups.get(table) ?? new Map<string, Lookup>();
    lookups.set(table, ofTable);
    const way = `${by}-${via?.name ?? ''}`;
    const lookup = ofTable.get(way) ?? { table, by, ...(via ? { via } : {}), values: new Set<string>() };
    ofTable.set(way, lookup);
    for (const value of values) lookup.values.add(value);
  }
  return [...lookups.values()].flatMap((ofTable) => [...ofTable.values()]);
}

/** A prepared statement that reads the rows of a lookup; by way of others, with each value found on the way as `asked`. */
export function loadStatement({ table, by, via, values }: Lookup): {
  readonly name: string;
  readonly text: string;
  readonly values: [string[]];
} {
  const { name, sqlType } = table.column(by);
  if (!via) {
    return {
      name: `load-${table.name}-${name}`,
      text: `select ${table.selectList} from "${table.name}" where "${name}" = any($1::${sqlType}[])`,
      values: [[...values]],
    };
  }
  return {
    name: `load-${table.name}-${name}-${via.name}`,
    text: `with recursive way(id) as (${via.sql})
      select way.id as asked, ${table.columns.map((c) => `t."${c.name}"`).join(', ')}
      from way left join "${table.name}" t on t."${name}" = way.id${via.only === undefined ? '' : ` and (${via.only})`}`,
    values: [[...values]],
  };
}

/** Takes what a lookup's statement answered into the working set. */
export function takeIn(state: WorkingSet, lookup: Lookup, raw: readonly Record<string, unknown>[]): void {
  const { table, by, via, values } = lookup;
  state.note(lookup);
  const found = via ? raw.filter((row) => row[table.keyName] !== null) : raw;
  const asked = via ? raw.map((row) => String(row['asked'])) : values;
  state.load(
    table,
    by,
    asked,
    found.map((row) => table.decode(row)),
  );
}
