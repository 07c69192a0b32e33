import type { Effect } from './effect.js';
import type { GovernedTable } from './table.js';

/** A way from the values of a need to those that its rows are looked up by, where the command cannot know them. */
export interface Via {
  /** Names the prepared statement. */
  readonly name: string;
  /** The body of a recursive query `way(id)`; `$1` is the array of values. */
  readonly sql: string;
  /** A condition on the rows at its end, named `t`: only such rows are loaded. A rule MUST NOT ask them for others. */
  readonly only?: string;
}

/** Rows that a command needs: those of `table` whose column `by` has one of `values`, or one that `via` leads to from them. */
export interface Need {
  readonly table: GovernedTable<object>;
  readonly by: string;
  readonly via?: Via;
  readonly values: readonly string[];
}

/** Asks for the rows of a table whose column `by` (its key by default) has one of these values. */
export function need<R extends object>(
  table: GovernedTable<R>,
  values: string | readonly string[],
  by: keyof R & string = table.key,
): Need {
  const list = typeof values === 'string' ? [values] : values;
  return { table: table as unknown as GovernedTable<object>, by, values: list };
}

/** Asks for the rows of a table whose column `by` has a value that a query finds from these. */
export function needVia<R extends object>(
  table: GovernedTable<R>,
  by: keyof R & string,
  via: Via,
  values: readonly string[],
): Need {
  return { table: table as unknown as GovernedTable<object>, by, via, values };
}

/**
 * Thrown by a rule that finds out what else it must know. The batch is then opened again with these rows, and decided anew:
 * what is needed once in a thousand commands is not loaded with each of them.
 */
export class RowsMissing extends Error {
  constructor(readonly needs: readonly Need[]) {
    super('a rule needs more rows than its command asked for');
  }
}

/** What a rule may read: the rows it asked for, with the effects of every command decided before it in this batch. */
export interface State {
  /** Goes on where all of this was loaded. @throws RowsMissing where it was not */
  require(needs: readonly Need[]): void;
  /** The row with this key, or null. @throws Error when nobody asked for it */
  get<R extends object>(table: GovernedTable<R>, id: string): Readonly<R> | null;
  /** The rows whose column `by` has this value. @throws Error when nobody asked for them */
  find<R extends object>(table: GovernedTable<R>, by: keyof R & string, value: string): readonly Readonly<R>[];
}

/** The last state of the rows that a batch changed, table by table. */
export interface Changes {
  readonly table: GovernedTable<object>;
  readonly inserts: object[];
  readonly updates: object[];
  readonly deletes: object[];
}

/** What was looked up: the rows of a table by these values, directly or by a way. */
type Looked = Omit<Need, 'values'> & { readonly values: ReadonlySet<string> };

interface Shelf {
  /** Rows by key, as of the command decided last. */
  readonly rows: Map<string, object>;
  /** For each column that was looked up by: the values asked for. */
  readonly asked: Map<string, Set<string>>;
  /** Keys of rows that the database has. */
  readonly stored: Set<string>;
  /** Keys of rows that the batch touched. */
  readonly touched: Set<string>;
  /** For each secondary column that was looked up by: keys of the rows with a value. */
  readonly index: Map<string, Map<string, Set<string>>>;
}

/**
 * The rows that one batch loaded, and what its commands did to them. Effects show at once to the next command of the
 * batch; the database sees only the last state of each row.
 */
export class WorkingSet implements State {
  private readonly shelves = new Map<GovernedTable<object>, Shelf>();
  private readonly lookups: Looked[] = [];

  /** Notes that all rows that answer a lookup are loaded. */
  note(lookup: Looked): void {
    this.lookups.push(lookup);
  }

  require(needs: readonly Need[]): void {
    const missing = needs.filter(({ table, by, via, values }) => {
      const same = this.lookups.filter((l) => l.table === table && l.by === by && l.via?.name === via?.name);
      return values.some((value) => !same.some((l) => l.values.has(value)));
    });
    if (missing.length > 0) throw new RowsMissing(missing);
  }

  /** Takes in the rows that answer a need. */
  load(table: GovernedTable<object>, by: string, values: Iterable<string>, rows: readonly object[]): void {
    const shelf = this.shelf(table);
    const asked = shelf.asked.get(by) ?? new Set();
    for (const value of values) asked.add(value);
    shelf.asked.set(by, asked);
    if (by !== table.key && !shelf.index.has(by)) {
      shelf.index.set(by, new Map());
      for (const row of shelf.rows.values()) this.addToIndexes(table, shelf, row);
    }
    for (const row of rows) {
      const id = table.idOf(row);
      if (shelf.rows.has(id)) continue;
      shelf.stored.add(id);
      this.put(table, shelf, row);
    }
  }

  get<R extends object>(table: GovernedTable<R>, id: string): Readonly<R> | null {
    const shelf = this.shelf(table as unknown as GovernedTable<object>);
    const row = shelf.rows.get(id);
    if (row === undefined && !shelf.asked.get(table.key)?.has(id)) {
      throw new Error(`${table.entity} ${id} was not asked for`);
    }
    return (row as R | undefined) ?? null;
  }

  find<R extends object>(table: GovernedTable<R>, by: keyof R & string, value: string): readonly Readonly<R>[] {
    const shelf = this.shelf(table as unknown as GovernedTable<object>);
    if (!shelf.asked.get(by)?.has(value)) throw new Error(`${table.entity} by ${by} ${value} was not asked for`);
    if (by === table.key) return shelf.rows.has(value) ? [shelf.rows.get(value) as R] : [];
    const ids = shelf.index.get(by)?.get(value) ?? new Set();
    return [...ids].map((id) => shelf.rows.get(id) as R);
  }

  /**
   * Makes the effects of a decided command visible to the next: all of them, or none when one does not fit.
   * @throws Error for an insert of a row that is there, or a change of one that is not
   */
  apply(effects: readonly Effect[]): void {
    const done: { effect: Effect; before: object | undefined; wasTouched: boolean }[] = [];
    try {
      for (const effect of effects) done.push(this.applyOne(effect));
    } catch (error) {
      for (const { effect, before, wasTouched } of done.reverse()) {
        const shelf = this.shelf(effect.table);
        const id = effect.table.idOf(effect.row);
        this.take(shelf, id);
        if (before !== undefined) this.put(effect.table, shelf, before);
        if (!wasTouched) shelf.touched.delete(id);
      }
      throw error;
    }
  }

  private applyOne(effect: Effect): { effect: Effect; before: object | undefined; wasTouched: boolean } {
    const { table, op, row } = effect;
    const shelf = this.shelf(table);
    const id = table.idOf(row);
    const before = shelf.rows.get(id);
    if ((before === undefined) !== (op === 'insert')) throw new Error(`cannot ${op} ${table.entity} ${id}`);
    if (table.appendOnly && op !== 'insert') throw new Error(`${table.entity} rows are never changed`);
    const wasTouched = shelf.touched.has(id);
    this.take(shelf, id);
    if (op !== 'delete') this.put(table, shelf, row);
    shelf.touched.add(id);
    return { effect, before, wasTouched };
  }

  /** What is to be written. */
  changes(): Changes[] {
    const all: Changes[] = [];
    for (const [table, shelf] of this.shelves) {
      if (shelf.touched.size === 0) continue;
      const changes: Changes = { table, inserts: [], updates: [], deletes: [] };
      for (const id of shelf.touched) {
        const row = shelf.rows.get(id);
        if (row === undefined) {
          if (shelf.stored.has(id)) changes.deletes.push({ [table.key]: id });
        } else if (shelf.stored.has(id)) changes.updates.push(row);
        else changes.inserts.push(row);
      }
      all.push(changes);
    }
    return all;
  }

  private shelf(table: GovernedTable<object>): Shelf {
    let shelf = this.shelves.get(table);
    if (!shelf) {
      shelf = { rows: new Map(), asked: new Map(), stored: new Set(), touched: new Set(), index: new Map() };
      this.shelves.set(table, shelf);
    }
    return shelf;
  }

  private put(table: GovernedTable<object>, shelf: Shelf, row: object): void {
    shelf.rows.set(table.idOf(row), row);
    this.addToIndexes(table, shelf, row);
  }

  private addToIndexes(table: GovernedTable<object>, shelf: Shelf, row: object): void {
    for (const [by, index] of shelf.index) {
      const value = String((row as Record<string, unknown>)[by]);
      const ids = index.get(value) ?? new Set();
      ids.add(table.idOf(row));
      index.set(value, ids);
    }
  }

  private take(shelf: Shelf, id: string): void {
    const row = shelf.rows.get(id);
    if (row === undefined) return;
    shelf.rows.delete(id);
    for (const [by, index] of shelf.index) {
      index.get(String((row as Record<string, unknown>)[by]))?.delete(id);
    }
  }
}
