import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { UUID } from '../../platform/http/patterns.js';
import type { StopOrderDto, StopOrdersQuery } from './dto/stop-order.dto.js';
import type { StopOrder } from './entities/stop-order.entity.js';
import { STOP_ORDERS } from './tables.js';

/** Open orders of one agent that are told at once, the oldest first: each stop makes one. */
const OPEN_MAX = 100;

/** Reads orders to stop. */
@Injectable()
export class StopOrdersRepository {
  constructor(
    private readonly states: StateReader,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  /** Orders that an agent has not confirmed. */
  open(agentId: string): Promise<StopOrderDto[]> {
    return this.states.rows(STOP_ORDERS, `agent_id = $1 and status <> 'confirmed' order by id limit $2`, [
      agentId,
      OPEN_MAX,
    ]);
  }

  /** Which of these agents have an open order. */
  async agentsWithOpen(agentIds: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ agent_id: string }[]>(
      `select distinct agent_id from stop_orders where agent_id = any($1::text[]) and status <> 'confirmed'`,
      [agentIds],
    );
    return rows.map((row) => row.agent_id);
  }

  /** Orders whose time for a confirmation is over, the oldest first. */
  overdue(limit: number): Promise<StopOrder[]> {
    const where = `status = 'requested' and confirm_by <= clock_timestamp() order by confirm_by limit $1`;
    return this.states.rows(STOP_ORDERS, where, [limit]);
  }

  /** Orders, oldest first. An agent sees its own only. */
  async list(query: StopOrdersQuery, { actor }: Principal): Promise<Page<StopOrderDto>> {
    const after = cursorKey(query.cursor, (key) => UUID.test(key));
    const agentId = actor.type === 'agent' ? actor.id : query.agent_id;
    const rows = await this.states.rows(
      STOP_ORDERS,
      `($1::uuid is null or id > $1) and ($2::text is null or agent_id = $2) and ($3::text is null or status = $3)
       order by id limit $4`,
      [after, agentId, query.status, query.limit + 1],
    );
    return pageOf(
      rows,
      query.limit,
      (row) => row.id,
      (row) => row,
    );
  }
}
