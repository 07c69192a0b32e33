import { Injectable } from '@nestjs/common';
import type { Principal } from '../../event-log/command.js';
import { StateReader } from '../../event-log/state-reader.js';
import { cursorKey, pageOf, type Page } from '../../platform/http/paging.js';
import { EVENT_ID } from '../../platform/http/patterns.js';
import type { AnomaliesQuery, AnomalyDto } from './dto/anomaly.dto.js';
import type { ImmuneFinding } from './entities/immune-finding.entity.js';
import { FINDINGS, OBSERVATIONS } from './tables.js';

/** Reads what is unusual in observations. An agent sees its own only. */
@Injectable()
export class AnomaliesRepository {
  constructor(private readonly states: StateReader) {}

  /** Anomalies, oldest first, with the observations that they rest on. */
  async list(query: AnomaliesQuery, { actor }: Principal): Promise<Page<AnomalyDto>> {
    const after = cursorKey(query.cursor, (key) => EVENT_ID.test(key));
    const agentId = actor.type === 'agent' ? actor.id : query.agent_id;
    const rows = await this.states.rows(
      FINDINGS,
      // Named as the index has it.
      `detector in ('observation_spike', 'reported_critical')
       and ($1::bigint is null or event_id > $1) and ($2::text is null or agent_id = $2)
       and ($3::text is null or coalesce(resolution, 'open') = $3) order by event_id limit $4`,
      [after, agentId, query.status, query.limit + 1],
    );
    const observations = await this.observationsBehind(rows.slice(0, query.limit));
    return pageOf(
      rows,
      query.limit,
      (row) => String(row.event_id),
      (row) => anomalyDto(row, observations),
    );
  }

  /** Ids of observations by the event that has them. */
  private async observationsBehind(findings: readonly ImmuneFinding[]): Promise<Map<number, string>> {
    const eventIds = findings.flatMap((finding) => finding.evidence);
    const rows = await this.states.rows(OBSERVATIONS, 'event_id = any($1::bigint[])', [eventIds]);
    return new Map(rows.map((row) => [row.event_id, row.id]));
  }
}

function anomalyDto(finding: ImmuneFinding, observations: ReadonlyMap<number, string>): AnomalyDto {
  const ids = finding.evidence.map((eventId) => observations.get(eventId));
  return {
    ...finding,
    status: finding.resolution ?? 'open',
    observation_ids: ids.filter((id) => id !== undefined),
  };
}
