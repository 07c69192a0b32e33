import { Injectable } from '@nestjs/common';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { Books } from './books.js';
import { SCOPE_ID, type ScopeDto, type ScopesQuery } from './dto/scope.dto.js';
import { ForecastReader } from './forecast.js';
import { SCOPE_NOT_FOUND } from './metabolism.errors.js';
import { scopeAnswer } from './scope-answers.js';
import { agentScope, chainNeeds, kindOfScope, scopeOr } from './scopes.js';
import { SCOPES } from './tables.js';

/** Reads scopes. An agent sees its own only. */
@Injectable()
export class ScopesRepository {
  constructor(
    private readonly states: StateReader,
    private readonly forecasts: ForecastReader,
  ) {}

  /** @throws ProblemError 404 for a group that is not there, and for an agent that asks for another scope than its own */
  async one(scopeId: string, principal: Principal): Promise<ScopeDto> {
    if (principal.actor.type === 'agent' && scopeId !== agentScope(principal.actor.id)) {
      throw new ProblemError(SCOPE_NOT_FOUND);
    }
    const [answer] = await this.read([scopeId]);
    if (!answer) throw new ProblemError(SCOPE_NOT_FOUND);
    return answer;
  }

  /** Scopes with a row, in the order of their ids. */
  async list(query: ScopesQuery, principal: Principal): Promise<Page<ScopeDto>> {
    const after = cursorKey(query.cursor, (key) => SCOPE_ID.test(key));
    const own = principal.actor.type === 'agent' ? agentScope(principal.actor.id) : null;
    const rows = await this.states.rows(
      SCOPES,
      `($1::text is null or id > $1) and ($2::text is null or id = $2) and ($3::text is null or parent_id = $3)
       order by id limit $4`,
      [after, own, query.parent_id, query.limit + 1],
    );
    const page = pageOf(
      rows,
      query.limit,
      (row) => row.id,
      (row) => row.id,
    );
    return { ...page, items: await this.read(page.items) };
  }

  private async read(scopeIds: readonly string[]): Promise<ScopeDto[]> {
    const { state, now } = await this.states.read(chainNeeds(...scopeIds));
    const rates = await this.forecasts.ratesOf(scopeIds, now);
    return scopeIds.flatMap((scopeId) => {
      const row = state.get(SCOPES, scopeId);
      if (!row && kindOfScope(scopeId) === 'group') return [];
      const books = new Books(state, [scopeId], { now, eventId: 0 });
      return [
        scopeAnswer(
          scopeOr(row, scopeId, now),
          books.limitsOf(scopeId).map(({ limit }) => limit),
          books,
          now,
          rates,
        ),
      ];
    });
  }
}
