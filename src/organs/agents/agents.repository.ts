import { Injectable } from '@nestjs/common';
import { BookkeepingRepository } from '../../event-log/bookkeeping.repository.js';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { AGENT_ID } from '../../platform/http/patterns.js';
import { agentAnswer } from './agents.commands.js';
import { AGENT_NOT_FOUND } from './agents.errors.js';
import type { AgentDetailDto, AgentListedDto } from './dto/agent-answers.dto.js';
import type { AgentsQuery } from './dto/agent-requests.dto.js';
import { AGENT_KEYS, AGENTS } from './tables.js';

/** Reads agents, and when they were last heard of. An agent sees itself only. */
@Injectable()
export class AgentsRepository {
  constructor(
    private readonly states: StateReader,
    private readonly bookkeeping: BookkeepingRepository,
  ) {}

  /** Agents in the order of their ids. */
  async list(query: AgentsQuery, { actor }: Principal): Promise<Page<AgentListedDto>> {
    const after = cursorKey(query.cursor, (key) => AGENT_ID.test(key));
    const rows = await this.states.rows(
      AGENTS,
      `($1::text is null or agent_id > $1) and ($2::text is null or agent_id = $2)
       and ($3::text is null or type = $3) and ($4::text is null or status = $4)
       order by agent_id limit $5`,
      [after, actor.type === 'agent' ? actor.id : null, query.type, query.status, query.limit + 1],
    );
    const seen = await this.bookkeeping.lastSeen(rows.map((row) => row.agent_id));
    return pageOf(
      rows,
      query.limit,
      (row) => row.agent_id,
      (row) => ({ ...agentAnswer(row), last_seen: seen.get(row.agent_id) ?? null }),
    );
  }

  /** One agent with its keys. @throws ProblemError 404 */
  async one(agentId: string): Promise<AgentDetailDto> {
    const agent = await this.states.one(AGENTS, agentId);
    if (!agent) throw new ProblemError(AGENT_NOT_FOUND);
    const keys = await this.states.rows(AGENT_KEYS, 'agent_id = $1 order by key_id', [agentId]);
    const seen = await this.bookkeeping.lastSeen([agentId]);
    return {
      ...agentAnswer(agent),
      last_seen: seen.get(agentId) ?? null,
      keys: keys.map(({ agent_id: _agent, ...key }) => key),
    };
  }
}
