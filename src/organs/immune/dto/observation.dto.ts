import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, ValidateNested } from 'class-validator';
import { BATCH_ITEMS_MAX } from '../../../event-log/batch.js';
import { IsItemKey } from '../../../event-log/item-key.js';
import { EventReferenceDto, ProblemDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { IsActionType, IsAgentId, IsFreeJson, IsTimestamp } from '../../../platform/http/validators.js';
import type { JsonObject } from '../../../platform/json.js';
import { SEVERITIES, type Severity } from '../detection/observed-values.js';

const ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

/** `POST /observations`. */
export class ObserveDto {
  @ApiProperty({ example: 'host.load', description: 'of the same form as an action type' })
  @IsActionType()
  event_type!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { cpu: 0.43, disk: { free_gb: 112 } },
    description: 'what was seen; recorded as it is, or as its SHA-256 where the event would grow too large',
  })
  @IsFreeJson()
  event_data!: JsonObject;

  @ApiPropertyOptional({ enum: SEVERITIES, default: 'info', description: 'critical: an anomaly by itself' })
  @MayBeAbsent()
  @IsIn(SEVERITIES)
  severity: Severity = 'info';

  @ApiPropertyOptional({ example: '2026-01-31T12:00:00Z', description: 'when it was seen; now unless given' })
  @MayBeAbsent()
  @IsTimestamp()
  observed_at?: string;

  @ApiPropertyOptional({
    example: false,
    description:
      'whether `event_data` is about a person: the log then has a salted digest of it, the text can be erased, and nothing of it is watched',
  })
  @MayBeAbsent()
  @IsBoolean()
  personal?: boolean;
}

/** One observation of a batch. */
export class ObserveItemDto extends ObserveDto {
  @IsItemKey()
  idempotency_key?: string;
}

/** `POST /observations/batch`. */
export class ObserveBatchDto {
  @ApiProperty({ type: () => [ObserveItemDto], maxItems: BATCH_ITEMS_MAX })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BATCH_ITEMS_MAX)
  @ValidateNested({ each: true })
  @Type(() => ObserveItemDto)
  items!: ObserveItemDto[];
}

/** An observation that was taken. */
export class ObservedDto {
  @ApiProperty({ example: ID, format: 'uuid' })
  observation_id!: string;

  @ApiProperty({ example: 2, description: 'numeric members that are watched' })
  watched!: number;

  @ApiProperty({ example: 0, description: 'numeric members that are not; docs/observations.md says why' })
  unwatched!: number;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** One item of a batch's answer: what the single route would answer, with the HTTP status as `status`. */
export class ObservedItemDto extends PartialType(ObservedDto) {
  @ApiProperty({ example: 201 })
  status!: number;

  @ApiPropertyOptional({ type: () => ProblemDto, description: 'why not; nothing else is there then' })
  problem?: ProblemDto;

  @ApiPropertyOptional({ example: true, description: 'the answer of an earlier use of the key' })
  idempotency_replayed?: boolean;
}

/** What a batch answers: one item for each, in order. */
export class ObservedBatchDto {
  @ApiProperty({ type: () => [ObservedItemDto] })
  items!: ObservedItemDto[];
}

/** What a sensor reported. */
export class ObservationDto {
  @ApiProperty({ example: ID, format: 'uuid' })
  observation_id!: string;

  @ApiProperty({ example: 'rack-7' })
  agent_id!: string;

  @ApiProperty({ example: 'host.load' })
  event_type!: string;

  @ApiProperty({ enum: SEVERITIES })
  severity!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z', description: "by the sensor's word" })
  observed_at!: string;

  @ApiProperty({
    type: [String],
    example: ['cpu', 'disk.free_gb'],
    description: 'paths of the members that are watched',
  })
  watched!: string[];

  @ApiProperty({ example: 812, description: 'the event that has it' })
  event_id!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { cpu: 0.43, disk: { free_gb: 112 } },
    description: 'null where the event has a digest of it alone',
  })
  event_data!: JsonObject | null;
}

/** `GET /observations`. */
export class ObservationsQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'rack-7' })
  @MayBeAbsent()
  @IsAgentId()
  agent_id?: string;

  @ApiPropertyOptional({ example: 'host.load' })
  @MayBeAbsent()
  @IsActionType()
  event_type?: string;

  @ApiPropertyOptional({ example: '2026-01-31T00:00:00Z', description: '`observed_at` from here on' })
  @MayBeAbsent()
  @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ example: '2026-02-01T00:00:00Z', description: '`observed_at` before this' })
  @MayBeAbsent()
  @IsTimestamp()
  to?: string;
}
