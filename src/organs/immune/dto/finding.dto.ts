import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { IsAgentId } from '../../../platform/http/validators.js';
import { ANSWERS, DETECTORS, type DetectorName } from '../detection/policy.js';
import { RESOLUTIONS } from '../entities/immune-finding.entity.js';

/** What a detector found about an agent. */
export class ImmuneFindingDto {
  @ApiProperty({ example: 'call-rate/1/invoice-bot/812' })
  id!: string;

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: 'call-rate' })
  policy_id!: string;

  @ApiProperty({ example: 1 })
  policy_version!: number;

  @ApiProperty({ enum: DETECTORS })
  detector!: string;

  @ApiProperty({ enum: ANSWERS, description: 'what the policy says is to follow' })
  answer!: string;

  @ApiProperty({ enum: ['shadow', 'on'], description: 'shadow: nothing followed' })
  mode!: string;

  @ApiProperty({ example: 'actions per 60 s' })
  metric!: string;

  @ApiProperty({ type: Number, nullable: true, example: 6, description: 'what was usual or allowed' })
  expected!: number | null;

  @ApiProperty({ example: 31 })
  observed!: number;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  window_start!: string;

  @ApiProperty({ example: '2026-01-31T12:01:00.000000Z' })
  window_end!: string;

  @ApiProperty({ type: [Number], example: [811, 812], description: 'events that it rests on; the last one set it off' })
  evidence!: number[];

  @ApiProperty({ example: '31 actions within a minute, where 6 are usual' })
  reason!: string;

  @ApiProperty({ example: '2026-01-31T12:01:00.400000Z' })
  found_at!: string;

  @ApiProperty({ example: 815, description: 'the event that records it' })
  event_id!: number;

  @ApiProperty({
    type: String,
    enum: RESOLUTIONS,
    nullable: true,
    example: null,
    description: 'what somebody decided about it; null until then, as is the rest',
  })
  resolution!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  resolved_at!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'id of the user' })
  resolved_by!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  resolution_reason!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  resolution_event_id!: number | null;
}

/** `GET /immune/findings`. */
export class ImmuneFindingsQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'invoice-bot' })
  @MayBeAbsent()
  @IsAgentId()
  agent_id?: string;

  @ApiPropertyOptional({ enum: DETECTORS })
  @MayBeAbsent()
  @IsIn(DETECTORS)
  detector?: DetectorName;

  @ApiPropertyOptional({ enum: ['shadow', 'on'] })
  @MayBeAbsent()
  @IsIn(['shadow', 'on'])
  mode?: 'shadow' | 'on';
}
