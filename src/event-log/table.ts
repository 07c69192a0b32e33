import { getMetadataArgsStorage } from 'typeorm';
import type { JsonValue } from '../platform/json.js';
import { decimalOfNano, nanoOfDecimal } from '../platform/decimal.js';
import { timestampOfPostgres } from '../platform/time.js';
import { canonicalJson } from './canonical.js';

/** How a column's value lives in PostgreSQL, in a row object and in an effect. */
type Kind = 'text' | 'number' | 'nano' | 'time' | 'boolean' | 'json' | 'list';

/** One column of a governed table. */
export interface Column {
  /** Name in the table and in row objects. */
  readonly name: string;
  /** Name in an effect: amounts lose their `_nano`, since effects carry decimals. */
  readonly member: string;
  /** PostgreSQL type, as `json_to_recordset` needs it. */
  readonly sqlType: string;
  readonly kind: Kind;
}

interface GovernedOptions {
  /** Name of the rows in effects, such as `budget`. */
  readonly entity: string;
  /** False for rows that are written with a command but are no part of the log: hashes of passwords and keys. */
  readonly derived: boolean;
  /** True where the database refuses to change a row once written. */
  readonly appendOnly?: boolean;
  readonly sums?: Sums;
}

/** Sums that are kept of an append-only table in the transactions that add to it; they are no part of the log. */
export interface Sums {
  /** Where they are kept. */
  readonly table: string;
  /** The statement that adds new rows to them; `rows` is the SQL of those rows, named `r`. */
  readonly add: (rows: string) => string;
  /** Reads sums that are other than the table's rows make them: `key`, `expected`, `found` as texts, up to `$1`. */
  readonly differences: string;
}

type RowClass<R> = abstract new () => R;

const governed = new Map<RowClass<object>, GovernedOptions>();
const tables = new Map<RowClass<object>, GovernedTable<object>>();

/** Marks a TypeORM entity as a derived table: its rows are the fold of the log's effects, and only the spine writes them. */
export function Derived(entity: string, options: Pick<GovernedOptions, 'appendOnly' | 'sums'> = {}): ClassDecorator {
  return (target) => void governed.set(target as unknown as RowClass<object>, { entity, derived: true, ...options });
}

/** Marks a TypeORM entity whose rows a command writes in its own transaction, but never into the log. */
export function Unrecorded(entity: string): ClassDecorator {
  return (target) => void governed.set(target as unknown as RowClass<object>, { entity, derived: false });
}

/**
 * The table behind an entity class that bears `@Derived` or `@Unrecorded`.
 * @throws TypeError when the class bears neither
 */
export function tableOf<R extends object>(rowClass: RowClass<R>): GovernedTable<R> {
  const known = tables.get(rowClass);
  if (known) return known as unknown as GovernedTable<R>;
  const options = governed.get(rowClass);
  if (!options) throw new TypeError(`${rowClass.name} is neither @Derived nor @Unrecorded`);
  const table = new GovernedTable<R>(describe(rowClass, options), options.sums ?? null);
  tables.set(rowClass, table as unknown as GovernedTable<object>);
  return table;
}

/** Every table whose rows follow from the log. */
export function derivedTables(): GovernedTable<object>[] {
  return [...governed].filter(([, options]) => options.derived).map(([rowClass]) => tableOf(rowClass));
}

/** What there is to know of a table, as data that also another thread can be told. */
export interface TableDescription {
  readonly entity: string;
  readonly derived: boolean;
  readonly appendOnly: boolean;
  readonly name: string;
  readonly key: string;
  readonly columns: readonly Column[];
}

function describe(rowClass: RowClass<object>, { entity, derived, appendOnly }: GovernedOptions): TableDescription {
  const storage = getMetadataArgsStorage();
  const name = String(storage.tables.find((t) => t.target === rowClass)?.name);
  const declared = storage.columns.filter((c) => c.target === rowClass);
  const columns = declared.map((c) => columnOf(c.propertyName, String(c.options.type), c.options.array === true));
  const keys = declared.filter((c) => c.options.primary === true);
  if (keys.length !== 1 || !keys[0]) throw new TypeError(`${name} needs one primary column, not ${keys.length}`);
  return { entity, derived, appendOnly: appendOnly ?? false, name, key: keys[0].propertyName, columns };
}

/**
 * What the spine knows of a table: its columns, read from the TypeORM entity so that there is one description of each
 * table, and how rows turn into effects and back.
 */
export class GovernedTable<R extends object> {
  readonly entity: string;
  readonly derived: boolean;
  readonly appendOnly: boolean;
  readonly name: string;
  /** The column whose value is the effect's `id`. */
  readonly key: keyof R & string;
  readonly columns: readonly Column[];
  private readonly membersInOrder: readonly Column[];

  constructor(
    readonly description: TableDescription,
    readonly sums: Sums | null = null,
  ) {
    this.entity = description.entity;
    this.derived = description.derived;
    this.appendOnly = description.appendOnly;
    this.name = description.name;
    this.key = description.key as keyof R & string;
    this.columns = description.columns;
    this.membersInOrder = this.columns.toSorted((a, b) => (a.member < b.member ? -1 : 1));
  }

  /** The key column's name as plain text, for SQL. */
  get keyName(): string {
    return this.key;
  }

  /** The row's key, which is its effects' `id`. */
  idOf(row: R): string {
    return String(row[this.key]);
  }

  /** Columns and their order for a SELECT that `decode` understands. */
  get selectList(): string {
    return this.columns.map((c) => `"${c.name}"`).join(', ');
  }

  /** The column that a lookup goes by. @throws TypeError when there is none of that name */
  column(name: string): Column {
    const column = this.columns.find((c) => c.name === name);
    if (!column) throw new TypeError(`${this.name} has no column ${name}`);
    return column;
  }

  /** A row as `pg` gave it with the spine's type parsers (everything that is no text, number or list arrives as text). */
  decode(raw: Record<string, unknown>): R {
    const row: Record<string, unknown> = {};
    for (const { name, kind } of this.columns) row[name] = decodeValue(kind, raw[name]);
    return row as R;
  }

  /** A row as `json_to_recordset` takes it. */
  encode(row: R): Record<string, JsonValue> {
    const encoded: Record<string, JsonValue> = {};
    for (const { name, kind } of this.columns) {
      const value = row[name as keyof R] as unknown;
      encoded[name] = kind === 'nano' && value !== null ? String(value) : (value as JsonValue);
    }
    return encoded;
  }

  /** The canonical JSON text of an effect's `after`. */
  after(row: R): string {
    let text = '';
    for (const { name, member, kind } of this.membersInOrder) {
      const value = row[name as keyof R] as unknown;
      const json =
        kind === 'nano' && value !== null ? `"${decimalOfNano(value as bigint)}"` : canonicalJson(value as JsonValue);
      text += `${text === '' ? '' : ','}"${member}":${json}`;
    }
    return `{${text}}`;
  }

  /**
   * The row that an effect's `after` describes.
   * @throws TypeError when a member is missing or unknown
   */
  rowOfAfter(after: Record<string, JsonValue>): R {
    const row: Record<string, unknown> = {};
    for (const { name, member, kind } of this.columns) {
      const value = after[member];
      if (value === undefined) throw new TypeError(`an effect on ${this.entity} lacks ${member}`);
      row[name] = kind === 'nano' && value !== null ? nanoOfDecimal(String(value)) : value;
    }
    const unknown = Object.keys(after).filter((m) => !this.columns.some((c) => c.member === m));
    if (unknown.length > 0)
      throw new TypeError(`an effect on ${this.entity} has unknown members ${unknown.join(', ')}`);
    return row as R;
  }
}

function columnOf(name: string, type: string, isArray: boolean): Column {
  const sqlType = isArray ? `${type}[]` : type;
  if (name.endsWith('_nano')) return { name, member: name.slice(0, -'_nano'.length), sqlType, kind: 'nano' };
  return { name, member: name, sqlType, kind: isArray ? 'list' : kindOf(type) };
}

function kindOf(type: string): Kind {
  switch (type) {
    case 'text':
    case 'uuid':
      return 'text';
    case 'bigint':
    case 'integer':
    case 'double precision':
      return 'number';
    case 'timestamptz':
      return 'time';
    case 'boolean':
      return 'boolean';
    case 'jsonb':
      return 'json';
    default:
      throw new TypeError(`a governed table has no columns of type ${type}`);
  }
}

function decodeValue(kind: Kind, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'nano':
      return BigInt(value as string);
    case 'number':
      return Number(value);
    case 'time':
      return timestampOfPostgres(value as string);
    case 'text':
    case 'boolean':
    case 'json':
    case 'list':
      return value;
  }
}
