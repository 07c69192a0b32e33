import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { numberOfNano } from '../../platform/decimal.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { UUID } from '../../platform/http/patterns.js';
import { timestampOfPostgres } from '../../platform/time.js';
import { Books } from './books.js';
import type { BudgetDto } from './dto/budget.dto.js';
import type { CostGroup, CostsQuery, CostTotalDto, LedgerEntryDto, LedgerQuery } from './dto/ledger.dto.js';
import type { LedgerEntry } from './entities/ledger-entry.entity.js';
import { limitDto } from './limit-answers.js';
import type { Standing } from './limit.rules.js';
import { agentScope, chainNeeds, chainOf } from './scopes.js';
import { LEDGER } from './tables.js';

/** SQL of what totals are grouped by. */
const GROUP_SQL: Readonly<Record<CostGroup, { member: 'agent_id' | 'cost_type' | 'hour' | 'day'; sql: string }>> = {
  agent: { member: 'agent_id', sql: 'agent_id' },
  cost_type: { member: 'cost_type', sql: 'cost_type' },
  hour: { member: 'hour', sql: `date_trunc('hour', occurred_at)::text` },
  day: { member: 'day', sql: `date_trunc('day', occurred_at)::text` },
};

interface TotalRow {
  readonly key: string;
  readonly unit: string;
  readonly total: string;
  readonly entries: number;
}

/** Reads budgets and books. An agent sees its own only. */
@Injectable()
export class MetabolismRepository {
  constructor(
    private readonly states: StateReader,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  /** The budget as it is now; zeros when there is none. */
  async budget(agentId: string, unit: string): Promise<BudgetDto> {
    const scopeId = agentScope(agentId);
    const { state, now } = await this.states.read(chainNeeds(scopeId));
    const books = new Books(state, chainOf(state, scopeId), { now, eventId: 0 });
    const limits = books.limitsIn(unit);
    const own = limits.find(({ limit }) => limit.scope_id === scopeId && limit.period.kind === 'single');
    const binding = limits.toSorted((a, b) => Number(a.standing.remaining - b.standing.remaining))[0];
    const { limit, standing } = own ?? binding ?? { limit: null, standing: NO_BUDGET };
    return {
      agent_id: agentId,
      unit,
      total_budget: numberOfNano(standing.total),
      spent_budget: numberOfNano(standing.spent),
      reserved_budget: numberOfNano(standing.held),
      debt: numberOfNano(standing.debt),
      remaining_budget: numberOfNano(books.remaining(unit)),
      window_start: limit?.window_start ?? null,
      window_end: limit?.window_end ?? null,
      limits: limits.map((each) => limitDto(each.limit, each.standing)),
      timestamp: now,
    };
  }

  /** Rows of the ledger in the order they were booked. */
  async ledger(query: LedgerQuery, principal: Principal): Promise<Page<LedgerEntryDto>> {
    const after = cursorKey(query.cursor, (key) => UUID.test(key));
    const rows = await this.states.rows(
      LEDGER,
      `($1::uuid is null or id > $1) and ($2::text is null or agent_id = $2) and ($3::text is null or cost_type = $3)
       and ($4::timestamptz is null or occurred_at >= $4) and ($5::timestamptz is null or occurred_at < $5)
       order by id limit $6`,
      [after, ownOr(principal, query.agent_id), query.cost_type, query.from, query.to, query.limit + 1],
    );
    return pageOf(rows, query.limit, (row) => row.id, ledgerEntryDto);
  }

  /** Totals of the ledger by group and unit. */
  async costs(query: CostsQuery, principal: Principal): Promise<Page<CostTotalDto>> {
    const { member, sql } = GROUP_SQL[query.group_by];
    const [afterKey, afterUnit] = cursorKey(query.cursor, (key) => key.includes('\n'))?.split('\n') ?? [null, null];
    const rows = await this.database.query<TotalRow[]>(
      `select ${sql} as key, unit, sum(amount_nano)::text as total, count(*) as entries from cost_ledger
       where ($1::text is null or agent_id = $1)
         and ($2::timestamptz is null or occurred_at >= $2) and ($3::timestamptz is null or occurred_at < $3)
       group by 1, 2 having $4::text is null or (${sql}, unit) > ($4, $5)
       order by 1, 2 limit $6`,
      [ownOr(principal, undefined), query.from, query.to, afterKey, afterUnit, query.limit + 1],
    );
    const isTime = member === 'hour' || member === 'day';
    return pageOf(
      rows,
      query.limit,
      (row) => `${row.key}\n${row.unit}`,
      (row) => ({
        [member]: isTime ? timestampOfPostgres(row.key) : row.key,
        unit: row.unit,
        total: numberOfNano(BigInt(row.total)),
        entries: row.entries,
      }),
    );
  }
}

const NO_BUDGET: Standing = { total: 0n, spent: 0n, held: 0n, debt: 0n, remaining: 0n };

/** The agent that a list is cut to: an agent's own whatever it asks for. */
export function ownOr(principal: Principal, asked: string | undefined): string | null {
  return principal.actor.type === 'agent' ? principal.actor.id : (asked ?? null);
}

function ledgerEntryDto(row: LedgerEntry): LedgerEntryDto {
  const { amount_nano: amount, ...rest } = row;
  return { ...rest, amount: numberOfNano(amount) };
}
