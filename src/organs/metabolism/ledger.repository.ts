import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { numberOfNano } from '../../platform/decimal.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { UUID } from '../../platform/http/patterns.js';
import { timestampOfPostgres } from '../../platform/time.js';
import type { CostsQuery, CostTotalDto, LedgerEntryDto, LedgerExportQuery, LedgerQuery } from './dto/ledger.dto.js';
import type { LedgerEntry } from './entities/ledger-entry.entity.js';
import { LEDGER_CSV_HEADER, ledgerCsvLine, ledgerJsonLine } from './ledger-lines.js';
import { ownOr } from './metabolism.repository.js';
import { GRAINS, piecesOf, type Grain, type Piece } from './rollup.js';
import { LEDGER } from './tables.js';

/** Rows of one step of an export: some hundred kilobytes. */
const EXPORT_STEP = 1_000;

/** SQL of each filter; `$1` is the first row that is not wanted any more, by id. */
const LEDGER_WHERE = `($1::uuid is null or id > $1) and ($2::text is null or agent_id = $2)
  and ($3::text is null or cost_type = $3) and ($4::timestamptz is null or occurred_at >= $4)
  and ($5::timestamptz is null or occurred_at < $5) and ($6::text is null or scopes @> array[$6])
  and ($7::text is null or model = $7) and ($8::text is null or unit = $8) order by id limit $9`;

/** What a group's key is in SQL, and its member in the answer. */
const GROUP_SQL = {
  agent: { sql: 'agent_id', member: 'agent_id' },
  scope: { sql: 'scope_id', member: 'scope_id' },
  model: { sql: 'model', member: 'model' },
  cost_type: { sql: 'cost_type', member: 'cost_type' },
  unit: { sql: `''`, member: null },
} as const;

interface TotalRow {
  readonly time: string | null;
  readonly key: string;
  readonly unit: string;
  readonly total: string;
  readonly entries: number;
}

/** Reads the ledger, and the sums kept of it. An agent sees its own rows only. */
@Injectable()
export class LedgerRepository {
  constructor(
    private readonly states: StateReader,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  /** Rows of the ledger in the order they were booked. */
  async ledger(query: LedgerQuery, principal: Principal): Promise<Page<LedgerEntryDto>> {
    const after = cursorKey(query.cursor, (key) => UUID.test(key));
    const rows = await this.rowsAfter(after, query, principal, query.limit + 1);
    return pageOf(rows, query.limit, (row) => row.id, ledgerEntryDto);
  }

  /** The rows of the ledger with exact decimals, a line each, read as fast as the client takes them. */
  export(query: LedgerExportQuery, principal: Principal): Readable {
    return Readable.from(this.lines(query, principal), { objectMode: false, highWaterMark: 1 });
  }

  /** Totals by group and unit, from the sums that are kept: what it reads does not grow with the ledger. */
  async costs(query: CostsQuery, principal: Principal): Promise<Page<CostTotalDto>> {
    const by = isGrain(query.group_by) ? null : GROUP_SQL[query.group_by];
    const interval = isGrain(query.group_by) ? query.group_by : (query.interval ?? null);
    const after = cursorKey(query.cursor, (key) => key.split('\n').length === 3)?.split('\n') ?? [null, null, null];
    const pieces = piecesOf(query.from ?? null, query.to ?? null, interval ?? 'day');
    if (pieces.length === 0) return { items: [], next_cursor: null };
    const filters = [ownOr(principal, query.agent_id), query.scope_id, query.model, query.cost_type, query.unit];
    const rows = await this.database.query<TotalRow[]>(costsSql(by?.sql ?? `''`, interval, pieces), [
      ...filters,
      ...after,
      query.limit + 1,
      ...pieces.flatMap(({ from, to }) => [from, to].filter((moment) => moment !== null)),
    ]);
    return pageOf(
      rows,
      query.limit,
      (row) => `${row.time ?? ''}\n${row.key}\n${row.unit}`,
      (row) => ({
        ...(interval === null || row.time === null ? {} : { [interval]: timestampOfPostgres(row.time) }),
        ...(by?.member ? { [by.member]: row.key === '' ? null : row.key } : {}),
        unit: row.unit,
        total: numberOfNano(BigInt(row.total)),
        entries: row.entries,
      }),
    );
  }

  private async *lines(query: LedgerExportQuery, principal: Principal): AsyncGenerator<string> {
    if (query.format === 'csv') yield LEDGER_CSV_HEADER;
    const lineOf = query.format === 'csv' ? ledgerCsvLine : ledgerJsonLine;
    for (let after: string | null = null; ;) {
      const rows: LedgerEntry[] = await this.rowsAfter(after, query, principal, EXPORT_STEP);
      if (rows.length > 0) yield rows.map((row) => lineOf(row)).join('');
      after = rows.at(-1)?.id ?? null;
      if (rows.length < EXPORT_STEP) return;
    }
  }

  private rowsAfter(
    after: string | null,
    query: Omit<LedgerQuery, 'limit' | 'cursor'>,
    principal: Principal,
    limit: number,
  ): Promise<LedgerEntry[]> {
    const { agent_id: agentId, cost_type: costType, from, to, scope_id: scopeId, model, unit } = query;
    const values = [after, ownOr(principal, agentId), costType, from, to, scopeId, model, unit, limit];
    return this.states.rows(LEDGER, LEDGER_WHERE, values);
  }
}

function isGrain(text: string): text is Grain {
  return (GRAINS as readonly string[]).includes(text);
}

/** Parameters of the statement before those of the pieces. */
const FIRST_MOMENT = 10;

/**
 * Totals over pieces of time: whole buckets from the sums, parts of minutes from the ledger itself. Each piece is a query
 * of its own with its grain in the text, so that the database sees how few rows it has.
 */
function costsSql(key: string, interval: Grain | null, pieces: readonly Piece[]): string {
  const time = interval === null ? `''` : `date_trunc('${interval}', at, 'UTC')::text`;
  let parameter = FIRST_MOMENT;
  const parts = pieces.map(({ grain, from, to }) => {
    const at = grain === 'rows' ? 'occurred_at' : 'bucket';
    const span = [
      ...(from === null ? [] : [`${at} >= $${parameter++}::timestamptz`]),
      ...(to === null ? [] : [`${at} < $${parameter++}::timestamptz`]),
    ];
    return grain === 'rows'
      ? `select occurred_at as at, agent_id, unit, cost_type, coalesce(model, '') as model, scopes, amount_nano, 1 as entries
         from cost_ledger where ${span.join(' and ')}`
      : `select bucket as at, agent_id, unit, cost_type, model, scopes, amount_nano, entries
         from cost_rollups where ${[`grain = '${grain}'`, ...span].join(' and ')}`;
  });
  return `with part as (${parts.join(' union all ')}),
    total as (
      select ${time} as time, ${key} as key, unit, sum(amount_nano)::text as total, sum(entries)::bigint as entries
      from part${key === 'scope_id' ? ' cross join unnest(scopes) as scope_id' : ''}
      where ($1::text is null or agent_id = $1) and ($2::text is null or scopes @> array[$2])
        and ($3::text is null or model = $3) and ($4::text is null or cost_type = $4) and ($5::text is null or unit = $5)
      group by 1, 2, 3
    )
    select * from total where $6::text is null or (time, key, unit) > ($6, $7, $8) order by time, key, unit limit $9`;
}

function ledgerEntryDto({ amount_nano: amount, ...rest }: LedgerEntry): LedgerEntryDto {
  return { ...rest, amount: numberOfNano(amount) };
}
