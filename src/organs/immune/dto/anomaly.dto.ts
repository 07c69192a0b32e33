import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { EVENT_ID } from '../../../platform/http/patterns.js';
import { IsAgentId, IsText } from '../../../platform/http/validators.js';
import { ImmuneFindingDto } from './finding.dto.js';

/** Characters of a reason. */
const REASON_MAX = 1_000;

/** What an anomaly is: nobody decided about it, or what somebody decided. */
export const ANOMALY_STATUSES = ['open', 'resolved', 'dismissed'] as const;
export type AnomalyStatus = (typeof ANOMALY_STATUSES)[number];

/** An anomaly in what a sensor reported. */
export class AnomalyDto extends ImmuneFindingDto {
  @ApiProperty({ enum: ANOMALY_STATUSES })
  status!: AnomalyStatus;

  @ApiProperty({
    type: [String],
    example: ['0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'],
    description: 'the observations that it rests on, in the order of `evidence`',
  })
  observation_ids!: string[];
}

/** `GET /anomalies`. */
export class AnomaliesQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ANOMALY_STATUSES })
  @MayBeAbsent()
  @IsIn(ANOMALY_STATUSES)
  status?: AnomalyStatus;

  @ApiPropertyOptional({ example: 'rack-7' })
  @MayBeAbsent()
  @IsAgentId()
  agent_id?: string;
}

/** `:event_id` of a path. */
export class AnomalyParam {
  @ApiProperty({ example: '815', pattern: EVENT_ID.source, description: '`event_id` of the anomaly' })
  @Matches(EVENT_ID, { message: 'must be the id of an event: 1, 2, 3 …' })
  event_id!: string;
}

/** `POST /anomalies/:event_id/resolve` and `/dismiss`. */
export class DecideAnomalyDto {
  @ApiProperty({ example: 'the disk was replaced' })
  @IsText(REASON_MAX)
  reason!: string;
}

/** An anomaly about which somebody decided. */
export class AnomalyDecidedDto {
  @ApiProperty({ example: 'observation-spike/1/rack-7/812' })
  id!: string;

  @ApiProperty({ example: 'rack-7' })
  agent_id!: string;

  @ApiProperty({ enum: ['resolved', 'dismissed'] })
  status!: string;

  @ApiProperty({ example: '2026-01-31T12:30:00.000000Z' })
  resolved_at!: string;

  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', description: 'id of the user' })
  resolved_by!: string;

  @ApiProperty({ example: 'the disk was replaced' })
  reason!: string;

  @ApiProperty()
  event!: EventReferenceDto;
}
