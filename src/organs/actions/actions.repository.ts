import { Injectable } from '@nestjs/common';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { UUID } from '../../platform/http/patterns.js';
import { amountsOfText, HOLDS, numbersOfAmounts, ownOr, type Hold } from '../metabolism/index.js';
import { ACTION_NOT_FOUND } from './actions.errors.js';
import type { ActionDto } from './dto/action-answers.dto.js';
import type { ActionsQuery } from './dto/action-requests.dto.js';

/** Reads actions. An agent sees its own only. */
@Injectable()
export class ActionsRepository {
  constructor(private readonly states: StateReader) {}

  /** @throws ProblemError 404 when it is not there or another agent's */
  async one(actionId: string, principal: Principal): Promise<ActionDto> {
    const hold = await this.states.one(HOLDS, actionId);
    const isHidden = principal.actor.type === 'agent' && hold?.agent_id !== principal.actor.id;
    if (!hold || isHidden) throw new ProblemError(ACTION_NOT_FOUND);
    return actionDto(hold);
  }

  /** Actions in the order of their authorization. */
  async list(query: ActionsQuery, principal: Principal): Promise<Page<ActionDto>> {
    const after = cursorKey(query.cursor, (key) => UUID.test(key));
    const rows = await this.states.rows(
      HOLDS,
      `($1::uuid is null or action_id > $1) and ($2::text is null or agent_id = $2) and ($3::text is null or status = $3)
       order by action_id limit $4`,
      [after, ownOr(principal, query.agent_id), query.status, query.limit + 1],
    );
    return pageOf(rows, query.limit, (row) => row.action_id, actionDto);
  }

  /** Open holds whose time is over, oldest first. */
  overdue(limit: number): Promise<Hold[]> {
    const where = `status = 'authorized' and expires_at <= clock_timestamp() order by expires_at limit $1`;
    return this.states.rows(HOLDS, where, [limit]);
  }
}

function actionDto(hold: Hold): ActionDto {
  const { amounts, costs: booked, funded, scopes: _scopes, ...rest } = hold;
  const holds = numbersOfAmounts(amountsOfText(amounts));
  const costs = booked && numbersOfAmounts(amountsOfText(booked));
  return {
    ...rest,
    reserved: first(holds),
    holds,
    cost: costs && first(costs),
    costs,
    funded: funded && funded.map((each) => ({ ...each, amount: Number(each.amount) })),
  };
}

function first<T>([item]: readonly T[]): T {
  if (item === undefined) throw new Error('an action holds something, even if it is 0');
  return item;
}
