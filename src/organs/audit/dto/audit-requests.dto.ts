import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Matches, Max, Min } from 'class-validator';
import { PageQuery } from '../../../platform/http/paging.js';
import { EVENT_ID } from '../../../platform/http/patterns.js';
import { IsText, IsTimestamp } from '../../../platform/http/validators.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

const OUTCOMES = ['succeeded', 'denied', 'failed'] as const;
const IS_EVENT_ID = { message: 'must be the id of an event: 1, 2, 3 …' };

/** `GET /audit/events`. */
export class EventsQuery extends PageQuery {
  @ApiPropertyOptional({ example: '16', description: 'events after this one; `cursor` goes on from a page' })
  @MayBeAbsent()
  @Matches(/^(0|[1-9]\d{0,14})$/, IS_EVENT_ID)
  after_id?: string;

  @ApiPropertyOptional({ example: 'actions.authorize' })
  @MayBeAbsent()
  @Matches(/^[a-z_]+\.[a-z_]+$/, { message: 'must be an event type, organ.verb' })
  type?: string;

  @ApiPropertyOptional({ example: 'invoice-bot' })
  @MayBeAbsent()
  @IsText(128)
  actor_id?: string;

  @ApiPropertyOptional({ example: 'invoice-bot' })
  @MayBeAbsent()
  @IsText(128)
  subject_id?: string;

  @ApiPropertyOptional({ enum: OUTCOMES })
  @MayBeAbsent()
  @IsIn(OUTCOMES)
  outcome?: (typeof OUTCOMES)[number];

  @ApiPropertyOptional({ example: '2026-01-31T00:00:00Z', description: 'at or after it' })
  @MayBeAbsent()
  @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ example: '2026-02-01T00:00:00Z', description: 'before it' })
  @MayBeAbsent()
  @IsTimestamp()
  to?: string;
}

/** `POST /audit/erasures`. */
export class EraseDto {
  @ApiProperty({ example: 17 })
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  event_id!: number;

  @ApiProperty({ example: 'the customer asked for it (ticket 4711)', description: 'stands in the log: name no person' })
  @IsText(500)
  reason!: string;
}

/** `GET /audit/verify` and `GET /audit/export`: both ends included. */
export class RangeQuery {
  @ApiPropertyOptional({ example: '1' })
  @MayBeAbsent()
  @Matches(EVENT_ID, IS_EVENT_ID)
  from_id?: string;

  @ApiPropertyOptional({ example: '1000' })
  @MayBeAbsent()
  @Matches(EVENT_ID, IS_EVENT_ID)
  to_id?: string;
}

/** `GET /audit/proof/consistency`: sizes of the log, in events. */
export class ConsistencyQuery {
  @ApiProperty({ example: '17' })
  @Matches(EVENT_ID, { message: 'must be a number of events: 1, 2, 3 …' })
  from!: string;

  @ApiPropertyOptional({ example: '1042', description: 'the size of the log unless given' })
  @MayBeAbsent()
  @Matches(EVENT_ID, { message: 'must be a number of events: 1, 2, 3 …' })
  to?: string;
}
