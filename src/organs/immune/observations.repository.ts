import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { EVENT_ID } from '../../platform/http/patterns.js';
import type { JsonObject } from '../../platform/json.js';
import type { ObservationDto, ObservationsQuery } from './dto/observation.dto.js';
import type { Observation } from './entities/observation.entity.js';
import { OBSERVATION_NOT_FOUND } from './immune.errors.js';
import { OBSERVATIONS } from './tables.js';

/** Reads observations; the data come from their events. An agent sees its own only. */
@Injectable()
export class ObservationsRepository {
  constructor(
    private readonly states: StateReader,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  /** Observations in the order of the log. */
  async list(query: ObservationsQuery, { actor }: Principal): Promise<Page<ObservationDto>> {
    const after = cursorKey(query.cursor, (key) => EVENT_ID.test(key));
    const agentId = actor.type === 'agent' ? actor.id : query.agent_id;
    const rows = await this.states.rows(
      OBSERVATIONS,
      `($1::bigint is null or event_id > $1) and ($2::text is null or agent_id = $2)
       and ($3::text is null or event_type = $3) and ($4::timestamptz is null or observed_at >= $4)
       and ($5::timestamptz is null or observed_at < $5) order by event_id limit $6`,
      [after, agentId, query.event_type, query.from, query.to, query.limit + 1],
    );
    const data = await this.dataOf(rows.slice(0, query.limit));
    return pageOf(
      rows,
      query.limit,
      (row) => String(row.event_id),
      (row) => observationDto(row, data),
    );
  }

  /** @throws ProblemError 404 when it is not there or another agent's */
  async one(id: string, { actor }: Principal): Promise<ObservationDto> {
    const row = await this.states.one(OBSERVATIONS, id);
    if (!row || (actor.type === 'agent' && row.agent_id !== actor.id)) throw new ProblemError(OBSERVATION_NOT_FOUND);
    return observationDto(row, await this.dataOf([row]));
  }

  /** What the bodies of events have as data, by event. */
  private async dataOf(rows: readonly Observation[]): Promise<Map<number, JsonObject>> {
    const events = await this.database.query<{ id: number; body: string }[]>(
      'select id, body from event_log where id = any($1::bigint[])',
      [rows.map((row) => row.event_id)],
    );
    return new Map(
      events.flatMap(({ id, body }) => {
        const { payload } = JSON.parse(body) as { payload: { event_data?: JsonObject } };
        return payload.event_data ? [[id, payload.event_data]] : [];
      }),
    );
  }
}

function observationDto({ id, ...row }: Observation, data: ReadonlyMap<number, JsonObject>): ObservationDto {
  return { observation_id: id, ...row, event_data: data.get(row.event_id) ?? null };
}
