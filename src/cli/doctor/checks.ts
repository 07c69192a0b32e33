import type pg from 'pg';
import type { GovernedTable } from '../../event-log/table.js';

/** Something of the books that does not follow from the actions. */
export interface Ailment {
  /** Where: a scope, an action, a limit. */
  readonly place: string;
  readonly unit: string;
  /** What does not follow, such as `held`. */
  readonly what: string;
  /** What it would be, and what it is, as exact decimals. */
  readonly expected: string;
  readonly found: string;
}

/** One question that the doctor asks. */
export interface Check {
  readonly name: string;
  /** How many things were looked at, in words. */
  readonly of: string;
  /** Counts them. */
  readonly count: string;
  /** Reads what does not follow, up to `$1`. */
  readonly sql: string;
}

/** A number of nano-units as a decimal. */
const decimal = (nano: string): string => `trim_scale((${nano}) / 1000000000.0)::text`;

/** Amounts of a JSON list `[{unit, amount}]`, in nano-units. */
const amountsOf = (list: string): string =>
  `lateral (select a ->> 'unit' as unit, (a ->> 'amount')::numeric * 1000000000 as nano from jsonb_array_elements(${list}) a) m`;

const SUMS = `
  with moved as (
    select scope_id, unit, sum(held) as held, sum(booked) as booked from (
      select scope_id, m.unit, m.nano as held, 0 as booked
      from holds h, unnest(h.scopes) scope_id, ${amountsOf('h.amounts')} where h.status = 'authorized'
      union all
      select scope_id, unit, 0, amount_nano from cost_ledger, unnest(scopes) scope_id
    ) each group by 1, 2
  ),
  kept as (
    select scope_id, unit, (b ->> 'held')::numeric * 1000000000 as held, (b ->> 'booked')::numeric * 1000000000 as booked
    from accounts, jsonb_each(balances) as of_unit(unit, b)
  )
  select scope_id as place, unit, w.what, ${decimal('w.expected')} as expected, ${decimal('w.found')} as found
  from moved full join kept using (scope_id, unit),
    lateral (values ('held', coalesce(moved.held, 0), coalesce(kept.held, 0)),
      ('booked', coalesce(moved.booked, 0), coalesce(kept.booked, 0))) as w(what, expected, found)
  where w.expected <> w.found order by 1, 2, 3 limit $1`;

/** Costs of an action are booked by its completion and its expiry, and nothing else with its id is a cost that it ended with. */
const ENDINGS = `
  with booked as (
    select l.action_id, l.unit, sum(l.amount_nano) as nano
    from cost_ledger l join event_log e on e.id = l.event_id
    where e.type in ('actions.complete', 'actions.expire') group by 1, 2
  ),
  said as (
    select h.action_id, m.unit, m.nano from holds h, ${amountsOf('h.costs')} where h.costs is not null
  )
  select action_id::text as place, unit, 'booked at its end' as what,
    ${decimal('coalesce(said.nano, 0)')} as expected, ${decimal('coalesce(booked.nano, 0)')} as found
  from said full join booked using (action_id, unit)
  where coalesce(said.nano, 0) <> coalesce(booked.nano, 0) order by 1, 2 limit $1`;

/**
 * What a limit's window bears is what was booked since it began, without what was given back to earlier windows, and with
 * the debt that it took over, less what was forgiven.
 */
const WINDOWS = `
  with row as (
    select l.id, l.event_id, l.unit, l.amount_nano, l.scopes,
      case when l.amount_nano < 0 then coalesce(corrected.event_id, estimate.event_id) end as origin
    from cost_ledger l
    left join cost_ledger corrected on corrected.id = l.corrects
    left join lateral (
      select e.event_id from cost_ledger e
      where l.amount_nano < 0 and l.corrects is null and e.estimated and e.action_id = l.action_id and e.unit = l.unit
        and e.agent_id = l.agent_id
    ) estimate on true
  ),
  borne as (
    select t.id, coalesce(sum(row.amount_nano), 0) + t.carried_nano - t.forgiven_nano as nano
    from limits t left join row on row.unit = t.unit and t.scope_id = any(row.scopes) and row.event_id >= t.since_event_id
      and (row.origin is null or row.origin >= t.since_event_id)
    group by t.id
  )
  select t.scope_id || ' limit ' || t.id as place, t.unit, 'borne by its window' as what,
    ${decimal('borne.nano')} as expected,
    ${decimal(`coalesce((a.balances -> t.unit ->> 'booked')::numeric, 0) * 1000000000 - t.base_nano`)} as found
  from limits t join borne on borne.id = t.id left join accounts a on a.scope_id = t.scope_id
  where borne.nano <> coalesce((a.balances -> t.unit ->> 'booked')::numeric, 0) * 1000000000 - t.base_nano
  order by 1 limit $1`;

/** Holds end by themselves within seconds of their time, on any server that runs. */
const OVERDUE = `
  select h.action_id::text as place, m.unit, 'held after its time' as what, '0' as expected, ${decimal('m.nano')} as found
  from holds h, ${amountsOf('h.amounts')}
  where h.status = 'authorized' and h.expires_at < clock_timestamp() - interval '1 minute' order by 1, 2 limit $1`;

const COUNT_SUMS = 'select count(*) from accounts, jsonb_each(balances)';

/** What the doctor looks at, in order. */
export function checksOf(tables: readonly GovernedTable<object>[]): Check[] {
  const sums = tables.flatMap(({ name, sums: kept }) =>
    kept
      ? [
          {
            name: `the sums by time are those of ${name}`,
            of: 'sums',
            count: `select count(*) from ${kept.table}`,
            sql: `select key as place, '' as unit, 'nano-units' as what, coalesce(expected, '0') as expected,
              coalesce(found, '0') as found from (${kept.differences}) each`,
          },
        ]
      : [],
  );
  return [
    {
      name: 'what scopes hold and have booked follows from actions and ledger',
      of: 'balances',
      count: COUNT_SUMS,
      sql: SUMS,
    },
    {
      name: 'actions are booked at what they ended with',
      of: 'ended actions',
      count: `select count(*) from holds where status <> 'authorized'`,
      sql: ENDINGS,
    },
    {
      name: 'what limits bear is what was booked in their windows',
      of: 'limits',
      count: 'select count(*) from limits',
      sql: WINDOWS,
    },
    {
      name: 'no hold is open after its time',
      of: 'open holds',
      count: `select count(*) from holds where status = 'authorized'`,
      sql: OVERDUE,
    },
    ...sums,
  ];
}

/** What a check found. */
export interface Diagnosis {
  readonly check: string;
  readonly looked_at: number;
  readonly of: string;
  readonly ailments: readonly Ailment[];
}

/** Asks one question of a database. */
export async function examine(client: pg.Client, { name, of, count, sql }: Check, most: number): Promise<Diagnosis> {
  const counted = await client.query<{ count: number }>(count);
  const { rows } = await client.query<Ailment>(sql, [most]);
  return { check: name, looked_at: counted.rows[0]?.count ?? 0, of, ailments: rows };
}
