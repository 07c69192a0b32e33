import type pg from 'pg';
import type { GovernedTable, TableDescription } from '../table.js';
import type { RowDigest } from './fold.js';

/** PostgreSQL's MaxBlockNumber: no block has a higher number. */
const BLOCKS_MAX = 4_294_967_294;

/** Where a thread reads rows, and of what. */
export interface RowSource {
  readonly url: string;
  readonly snapshot: string;
  readonly salt: string;
  readonly table: TableDescription;
}

/** Rows of a table: their keys, and a digest of each, in the same order. */
export interface ReadRows {
  readonly keys: readonly string[];
  readonly digests: Float64Array;
}

/** Reads rows of a table by the blocks that they are in, as digests. */
export class RowReader {
  constructor(
    private readonly client: pg.Client,
    private readonly table: GovernedTable<object>,
    private readonly digest: RowDigest,
  ) {}

  /** The rows in the blocks from one number to another, both included; null: to the end. */
  async check(from: number, to: number | null): Promise<ReadRows> {
    const { name, selectList } = this.table;
    const { rows } = await this.client.query<Record<string, unknown>>({
      name: `read-${name}`,
      text: `select ${selectList} from "${name}" where ctid >= $1::tid and ctid < $2::tid`,
      values: [`(${from},0)`, `(${to === null ? BLOCKS_MAX : to + 1},0)`],
    });
    return this.digested(rows);
  }

  /** All rows of what has no blocks, such as a view. */
  async checkAll(): Promise<ReadRows> {
    const { name, selectList } = this.table;
    const { rows } = await this.client.query<Record<string, unknown>>(`select ${selectList} from "${name}"`);
    return this.digested(rows);
  }

  private digested(rows: readonly Record<string, unknown>[]): ReadRows {
    const { keyName } = this.table;
    const digests = new Float64Array(rows.length);
    const keys = rows.map((raw, i) => {
      digests[i] = this.digest.of(rowTextOf(this.table, raw));
      return String(raw[keyName]);
    });
    return { keys, digests };
  }
}

/** The canonical text of a row; of one with values that none can have, such as NaN, whatever tells it from all that can be. */
export function rowTextOf(table: GovernedTable<object>, raw: Record<string, unknown>): string {
  try {
    return table.after(table.decode(raw));
  } catch {
    return JSON.stringify(raw);
  }
}
