import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { canonicalSha256 } from '../../../event-log/canonical.js';
import type { Principal } from '../../../event-log/command.js';
import { StateReader } from '../../../event-log/state-reader.js';
import { need } from '../../../event-log/working-set.js';
import { ProblemError } from '../../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page } from '../../../platform/http/paging.js';
import { UUID } from '../../../platform/http/patterns.js';
import type { JsonObject } from '../../../platform/json.js';
import { ImmuneRepository } from '../../immune/index.js';
import { ownOr } from '../../metabolism/index.js';
import type { EscalationDetailDto, EscalationDto, EscalationsQuery } from '../dto/escalation.dto.js';
import type { ApprovalPolicyDto } from '../dto/approval-policy.dto.js';
import type { Escalation } from '../entities/escalation.entity.js';
import { escalationAnswer } from './escalation-answers.js';
import { ESCALATION_NOT_FOUND } from './escalations.errors.js';
import { APPROVAL_POLICIES, ESCALATIONS } from './tables.js';

/** The payload of the event that asked: in its body, or beside the log where it is large or about a person. */
const PAYLOAD_TEXT = `
  select coalesce((p.payload -> 'payload')::text, t.text) as text
  from event_log e
  cross join lateral (select e.body::json -> 'payload' as payload offset 0) p
  left join event_texts t on t.id = e.id || '/payload'
  where e.id = $1`;

/** Reads escalations. An agent sees its own only. */
@Injectable()
export class EscalationsRepository {
  constructor(
    private readonly states: StateReader,
    private readonly immune: ImmuneRepository,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  /** Escalations, oldest first. */
  async list(query: EscalationsQuery, principal: Principal): Promise<Page<EscalationDto>> {
    const after = cursorKey(query.cursor, (key) => UUID.test(key));
    const { now } = await this.states.read([]);
    const rows = await this.states.rows(
      ESCALATIONS,
      `($1::uuid is null or id > $1) and ($2::text is null or agent_id = $2) and ($3::text is null or status = $3)
       order by id limit $4`,
      [after, ownOr(principal, query.agent_id), query.status, query.limit + 1],
    );
    return pageOf(
      rows,
      query.limit,
      (row) => row.id,
      (row) => escalationAnswer(row, now),
    );
  }

  /** One, with what is to be decided on and who asks. @throws ProblemError 404 when it is not there or another agent's */
  async one(id: string, { actor }: Principal): Promise<EscalationDetailDto> {
    const { state, now } = await this.states.read([need(ESCALATIONS, id)]);
    const row = state.get(ESCALATIONS, id);
    if (!row || (actor.type === 'agent' && actor.id !== row.agent_id)) throw new ProblemError(ESCALATION_NOT_FOUND);
    const payload = await this.payloadOf(row);
    const answer = escalationAnswer(row, now);
    return {
      ...answer,
      payload,
      payload_sha256: payload === null ? answer.payload_sha256 : canonicalSha256(payload),
      agent: await this.immune.status(row.agent_id),
    };
  }

  /** Ids of escalations that nobody decided in time, the oldest first. */
  async overdue(limit: number): Promise<string[]> {
    const where = `status = 'pending' and decide_by <= clock_timestamp() order by decide_by limit $1`;
    return (await this.states.rows(ESCALATIONS, where, [limit])).map((row) => row.id);
  }

  /** All approval policies; there are a handful. */
  async policies(): Promise<{ items: ApprovalPolicyDto[]; next_cursor: null }> {
    return { items: await this.states.rows(APPROVAL_POLICIES, 'true order by id'), next_cursor: null };
  }

  private async payloadOf({ event_id: eventId }: Escalation): Promise<JsonObject | null> {
    const [found] = await this.database.query<{ text: string | null }[]>(PAYLOAD_TEXT, [eventId]);
    const text = found?.text ?? null;
    return text === null ? null : (JSON.parse(text) as JsonObject);
  }
}
