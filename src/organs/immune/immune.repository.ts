import { Injectable } from '@nestjs/common';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { need } from '../../event-log/working-set.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { EVENT_ID, UUID } from '../../platform/http/patterns.js';
import { AGENT_NOT_FOUND, agentAnswer, AGENTS } from '../agents/index.js';
import type { ImmuneFindingDto, ImmuneFindingsQuery } from './dto/finding.dto.js';
import type { ImmuneStatusDto, QuarantineDto, QuarantinesQuery } from './dto/immune.dto.js';
import type { PolicyDto } from './dto/policy.dto.js';
import type { Quarantine } from './entities/quarantine.entity.js';
import { isOnProbation } from './probation.rules.js';
import { FINDINGS, POLICIES, QUARANTINES } from './tables.js';

/** Findings that a status shows; the list has them all. */
const FINDINGS_SHOWN = 10;

/** Reads standing, quarantines and policies. An agent sees its own only. */
@Injectable()
export class ImmuneRepository {
  constructor(private readonly states: StateReader) {}

  /** @throws ProblemError 404 */
  async status(agentId: string): Promise<ImmuneStatusDto> {
    const { state, now } = await this.states.read([need(AGENTS, agentId), need(QUARANTINES, agentId, 'agent_id')]);
    const agent = state.get(AGENTS, agentId);
    if (!agent) throw new ProblemError(AGENT_NOT_FOUND);
    const open = state.find(QUARANTINES, 'agent_id', agentId).find((row) => row.released_at === null);
    const answer = agentAnswer(agent);
    const findings = await this.states.rows(FINDINGS, `agent_id = $1 order by event_id desc limit ${FINDINGS_SHOWN}`, [
      agentId,
    ]);
    return {
      agent_id: agentId,
      status: agent.status,
      is_quarantined: agent.status === 'quarantined',
      is_terminated: agent.status === 'terminated',
      on_probation: isOnProbation(agent, now),
      probation: answer.probation,
      throttle: answer.throttle,
      supervision: answer.supervision,
      silent_since: agent.silent_since,
      reason: agent.status_reason,
      since: agent.status_since,
      quarantine: open ? quarantineDto(open) : null,
      findings,
      timestamp: now,
    };
  }

  /** Quarantines, oldest first. */
  async quarantines(query: QuarantinesQuery, { actor }: Principal): Promise<Page<QuarantineDto>> {
    const after = cursorKey(query.cursor, (key) => UUID.test(key));
    const agentId = actor.type === 'agent' ? actor.id : query.agent_id;
    const open = query.open === undefined ? null : query.open === 'true';
    const rows = await this.states.rows(
      QUARANTINES,
      `($1::uuid is null or id > $1) and ($2::text is null or agent_id = $2)
       and ($3::boolean is null or (released_at is null) = $3) order by id limit $4`,
      [after, agentId, open, query.limit + 1],
    );
    return pageOf(rows, query.limit, (row) => row.id, quarantineDto);
  }

  /** Findings, oldest first. */
  async findings(query: ImmuneFindingsQuery, { actor }: Principal): Promise<Page<ImmuneFindingDto>> {
    const after = cursorKey(query.cursor, (key) => EVENT_ID.test(key));
    const agentId = actor.type === 'agent' ? actor.id : query.agent_id;
    const rows = await this.states.rows(
      FINDINGS,
      `($1::bigint is null or event_id > $1) and ($2::text is null or agent_id = $2)
       and ($3::text is null or detector = $3) and ($4::text is null or mode = $4) order by event_id limit $5`,
      [after, agentId, query.detector, query.mode, query.limit + 1],
    );
    return pageOf(
      rows,
      query.limit,
      (row) => String(row.event_id),
      (row) => row,
    );
  }

  /** All policies; there are a handful. */
  async policies(): Promise<{ items: PolicyDto[]; next_cursor: null }> {
    return { items: await this.states.rows(POLICIES, 'true order by id'), next_cursor: null };
  }
}

function quarantineDto({ quarantined_by_type: type, quarantined_by: id, ...row }: Readonly<Quarantine>): QuarantineDto {
  return { ...row, quarantined_by: { type, id } };
}
