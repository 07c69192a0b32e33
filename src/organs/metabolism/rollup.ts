import type { Sums } from '../../event-log/table.js';

/** Lengths of time that sums of the ledger are kept for, finest first; as PostgreSQL's `date_trunc` names them. */
export const GRAINS = ['minute', 'hour', 'day'] as const;
export type Grain = (typeof GRAINS)[number];

const KEY = 'grain, bucket, agent_id, unit, cost_type, model, scopes';

/** Sums of the ledger by time and by everything that costs are told by. Days are days of UTC. */
export const COST_SUMS: Sums = {
  table: 'cost_rollups',
  add: (rows) => `insert into cost_rollups as c (${KEY}, amount_nano, entries) ${sumsOf(rows)}
    on conflict (${KEY})
    do update set amount_nano = c.amount_nano + excluded.amount_nano, entries = c.entries + excluded.entries`,
  differences: `with expected as (${sumsOf('cost_ledger as r')})
    select concat_ws(' ', ${KEY}) as key, e.amount_nano || ' in ' || e.entries as expected,
      c.amount_nano || ' in ' || c.entries as found
    from expected e full join cost_rollups c using (${KEY})
    where (e.amount_nano, e.entries) is distinct from (c.amount_nano, c.entries) order by 1 limit $1`,
};

function sumsOf(rows: string): string {
  return `select g.grain, date_trunc(g.grain, r.occurred_at, 'UTC') as bucket, r.agent_id, r.unit, r.cost_type,
      coalesce(r.model, '') as model, r.scopes, sum(r.amount_nano) as amount_nano, count(*) as entries
    from ${rows} cross join (values ${GRAINS.map((grain) => `('${grain}')`).join(', ')}) as g(grain)
    group by 1, 2, 3, 4, 5, 6, 7`;
}

/** A piece of time that whole buckets of one grain make up, or rows of the ledger where none does. */
export interface Piece {
  readonly grain: Grain | 'rows';
  /** Null: since ever. */
  readonly from: string | null;
  /** Null: for ever. */
  readonly to: string | null;
}

/**
 * The pieces of a span of time: the coarsest whole buckets in its middle, finer ones towards its ends, and rows of the
 * ledger for the parts of minutes that are left, so that a sum over any span is exact and reads few rows.
 * @param coarsest no bucket is longer than this
 */
export function piecesOf(from: string | null, to: string | null, coarsest: Grain): Piece[] {
  return cover(from, to, GRAINS.slice(0, GRAINS.indexOf(coarsest) + 1));
}

function cover(from: string | null, to: string | null, grains: readonly Grain[]): Piece[] {
  if (from !== null && to !== null && from >= to) return [];
  const grain = grains.at(-1);
  if (grain === undefined) return [{ grain: 'rows', from, to }];
  const first = from === null ? null : upTo(from, grain);
  const last = to === null ? null : downTo(to, grain);
  const finer = grains.slice(0, -1);
  if (first !== null && last !== null && first >= last) return cover(from, to, finer);
  return [
    ...(first === from ? [] : cover(from, first, finer)),
    { grain, from: first, to: last },
    ...(last === to ? [] : cover(last, to, finer)),
  ];
}

const MILLIS: Readonly<Record<Grain, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function downTo(moment: string, grain: Grain): string {
  const length = MILLIS[grain];
  return textOf(Math.floor(Date.parse(moment) / length) * length);
}

function upTo(moment: string, grain: Grain): string {
  const below = downTo(moment, grain);
  return below === moment ? moment : textOf(Date.parse(below) + MILLIS[grain]);
}

function textOf(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}.000000Z`;
}
