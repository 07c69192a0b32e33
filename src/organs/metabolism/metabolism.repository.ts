import { Injectable } from '@nestjs/common';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { numberOfNano } from '../../platform/decimal.js';
import type { Timestamp } from '../../platform/time.js';
import { Books } from './books.js';
import type { BudgetDto } from './dto/budget.dto.js';
import { forecastOf, ForecastReader } from './forecast.js';
import { limitDto } from './limit-answers.js';
import type { Standing } from './limit.rules.js';
import { agentScope, chainNeeds, chainOf } from './scopes.js';

/** Reads budgets. */
@Injectable()
export class MetabolismRepository {
  constructor(
    private readonly states: StateReader,
    private readonly forecasts: ForecastReader,
  ) {}

  /** The budget as it is now; zeros when there is none. */
  async budget(agentId: string, unit: string): Promise<BudgetDto> {
    const scopeId = agentScope(agentId);
    const { state, now } = await this.states.read(chainNeeds(scopeId));
    const books = new Books(state, chainOf(state, scopeId), { now, eventId: 0 });
    const rates = await this.forecasts.ratesOf(books.scopes, now);
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
      limits: limits.map((each) =>
        limitDto(each.limit, each.standing, forecastOf(each.limit, each.standing, rates, now)),
      ),
      runs_out_at: firstOf(limits.map((each) => forecastOf(each.limit, each.standing, rates, now).runs_out_at)),
      timestamp: now,
    };
  }
}

/** The earliest of some moments, or null. */
function firstOf(moments: readonly (Timestamp | null)[]): Timestamp | null {
  return moments.reduce((first, at) => (first === null || (at !== null && at < first) ? at : first), null);
}

const NO_BUDGET: Standing = { total: 0n, spent: 0n, held: 0n, debt: 0n, remaining: 0n };

/** The agent that a list is cut to: an agent's own whatever it asks for. */
export function ownOr(principal: Principal, asked: string | undefined): string | null {
  return principal.actor.type === 'agent' ? principal.actor.id : (asked ?? null);
}
