import type pg from 'pg';
import type { GovernedTable } from '../table.js';
import type { Finding } from './findings.js';

/** Compares the sums that are kept of tables with the rows of those tables, which are compared with the log elsewhere. */
export async function checkSums(
  client: pg.Client,
  tables: readonly GovernedTable<object>[],
  findingsMax: number,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, sums } of tables) {
    if (!sums) continue;
    type Row = { readonly key: string; readonly expected: string | null; readonly found: string | null };
    const { rows } = await client.query<Row>(sums.differences, [findingsMax]);
    findings.push(
      ...rows.map(({ key, expected, found }): Finding => {
        const reason = `it is not the sum of the rows of ${name}`;
        return { kind: 'row_changed', table: sums.table, key, expected, found, reason };
      }),
    );
  }
  return findings;
}
