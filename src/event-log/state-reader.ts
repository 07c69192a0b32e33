import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { timestampOfPostgres, type Timestamp } from '../platform/time.js';
import { loadStatement, mergeNeeds, takeIn } from './row-loading.js';
import type { GovernedTable } from './table.js';
import { WorkingSet, type Need, type State } from './working-set.js';

/**
 * Reads rows of governed tables on the read-only pool, decoded as the spine decodes them.
 * What it reads may be old when the answer leaves; decisions never rest on it.
 */
@Injectable()
export class StateReader {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** The rows that answer these needs, and the database's clock. */
  async read(needs: readonly Need[]): Promise<{ state: State; now: Timestamp }> {
    const state = new WorkingSet();
    const [clock] = await this.database.query<{ now: string }[]>('select clock_timestamp() as now');
    for (const lookup of mergeNeeds(needs)) {
      const { text, values } = loadStatement(lookup);
      takeIn(state, lookup, await this.database.query<Record<string, unknown>[]>(text, values));
    }
    return { state, now: timestampOfPostgres(clock?.now ?? '') };
  }

  /** The row with this key, or null. */
  async one<R extends object>(table: GovernedTable<R>, id: string): Promise<R | null> {
    const { sqlType } = table.column(table.key);
    const [row] = await this.rows(table, `"${table.key}" = $1::${sqlType}`, [id]);
    return row ?? null;
  }

  /** Rows by an SQL condition (what follows `where`, with `$1`… for values). */
  async rows<R extends object>(table: GovernedTable<R>, where: string, values: readonly unknown[] = []): Promise<R[]> {
    const raw = await this.database.query<Record<string, unknown>[]>(
      `select ${table.selectList} from "${table.name}" where ${where}`,
      [...values],
    );
    return raw.map((r) => table.decode(r));
  }
}
