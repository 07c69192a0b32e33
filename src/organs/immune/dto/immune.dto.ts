import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, ValidateNested } from 'class-validator';
import { BATCH_ITEMS_MAX } from '../../../event-log/batch.js';
import { EventReferenceDto, ProblemDto } from '../../../platform/http/answers.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { IsAgentId, IsText } from '../../../platform/http/validators.js';
import { AGENT_STATUSES, ProbationDto, SupervisionDto, ThrottleDto, type AgentStatus } from '../../agents/index.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import type { ProbationTerms } from '../probation.rules.js';
import { ImmuneFindingDto } from './finding.dto.js';
import { IsProbation } from './is-probation.js';

/** Characters of a reason. */
const REASON_MAX = 1_000;

/** `POST /immune/quarantine` and `POST /immune/terminate`. */
export class StandingDto {
  @ApiProperty({ example: 'invoice-bot' })
  @IsAgentId()
  agent_id!: string;

  @ApiProperty({ example: 'asked for money.send' })
  @IsText(REASON_MAX)
  reason!: string;
}

/** `POST /immune/quarantine/batch`. */
export class QuarantineBatchDto {
  @ApiProperty({ type: () => [StandingDto], maxItems: BATCH_ITEMS_MAX })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BATCH_ITEMS_MAX)
  @ValidateNested({ each: true })
  @Type(() => StandingDto)
  items!: StandingDto[];
}

/** `POST /immune/release`. */
export class ReleaseDto extends StandingDto {
  @IsProbation()
  probation?: boolean | Partial<ProbationTerms>;
}

/** `GET /immune/quarantine`. */
export class QuarantinesQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'invoice-bot' })
  @MayBeAbsent()
  @IsAgentId()
  agent_id?: string;

  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'true: in force; false: released' })
  @MayBeAbsent()
  @IsIn(['true', 'false'])
  open?: 'true' | 'false';
}

/** Who ordered something. */
export class OrderedByDto {
  @ApiProperty({ enum: ['user', 'system'] })
  type!: string;

  @ApiProperty({ example: 'budget-refusals', description: 'id of the user, or of the policy that acted' })
  id!: string;
}

/** One quarantine. */
export class QuarantineDto {
  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  id!: string;

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: 'refused for lack of budget 10 times within 60 s' })
  reason!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  quarantined_at!: string;

  @ApiProperty()
  quarantined_by!: OrderedByDto;

  @ApiProperty({ type: [Number], example: [31, 32, 33], description: 'events that it rests on' })
  evidence!: number[];

  @ApiProperty({ example: 34 })
  event_id!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'budget-refusals/1/invoice-bot/33',
    description: 'the finding that it answers; null where a person ordered it, or it came from above',
  })
  finding_id!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'the quarantine of an agent above it' })
  inherited_from!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  released_at!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  released_by!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  release_reason!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  release_event_id!: number | null;
}

/** `GET /immune/status/:agent_id`. */
export class ImmuneStatusDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ enum: AGENT_STATUSES })
  status!: AgentStatus;

  @ApiProperty({ example: true })
  is_quarantined!: boolean;

  @ApiProperty({ example: false })
  is_terminated!: boolean;

  @ApiProperty({ example: false })
  on_probation!: boolean;

  @ApiProperty({ type: () => ProbationDto, nullable: true })
  probation!: ProbationDto | null;

  @ApiProperty({ type: () => ThrottleDto, nullable: true })
  throttle!: ThrottleDto | null;

  @ApiProperty({
    type: () => SupervisionDto,
    nullable: true,
    description: 'until then it may act only with an approval',
  })
  supervision!: SupervisionDto | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'since when its heartbeats are missed' })
  silent_since!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'refused for lack of budget 10 times within 60 s' })
  reason!: string | null;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  since!: string;

  @ApiProperty({ type: () => QuarantineDto, nullable: true, description: 'the quarantine in force' })
  quarantine!: QuarantineDto | null;

  @ApiProperty({ type: () => [ImmuneFindingDto], description: 'its last findings, the latest first' })
  findings!: ImmuneFindingDto[];

  @ApiProperty({ example: '2026-01-31T12:00:05.000000Z' })
  timestamp!: string;
}

/** What a quarantine answers. */
export class QuarantinedDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: true })
  is_quarantined!: boolean;

  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  quarantine_id!: string;

  @ApiProperty({ example: 'asked for money.send' })
  reason!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  quarantined_at!: string;

  @ApiProperty({ type: [String], example: [], description: 'what stands below it and was isolated with it' })
  children!: string[];

  @ApiProperty()
  event!: EventReferenceDto;
}

class QuarantineStatusDto {
  @ApiProperty({ example: 200 })
  status!: number;

  @ApiPropertyOptional({ type: () => ProblemDto, description: 'why not; nothing else is there then' })
  problem?: ProblemDto;
}

/** One quarantine of a batch: what the single route answers, or the problem. */
export class QuarantinedItemDto extends IntersectionType(QuarantineStatusDto, PartialType(QuarantinedDto)) {}

/** What a batch of quarantines answers: one item for each, in order. */
export class QuarantinedBatchDto {
  @ApiProperty({ type: () => [QuarantinedItemDto] })
  items!: QuarantinedItemDto[];
}

/** What a release answers. */
export class ReleasedDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: false })
  is_quarantined!: boolean;

  @ApiProperty({ example: false })
  on_probation!: boolean;

  @ApiProperty({ type: () => ProbationDto, nullable: true })
  probation!: ProbationDto | null;

  @ApiProperty({ example: '2026-01-31T12:30:00.000000Z' })
  released_at!: string;

  @ApiProperty({ type: [String], example: [], description: 'what was isolated with it and is released with it' })
  children!: string[];

  @ApiProperty()
  event!: EventReferenceDto;
}

/** What a termination answers. */
export class TerminatedDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: true })
  is_terminated!: boolean;

  @ApiProperty({ example: '2026-01-31T12:30:00.000000Z' })
  terminated_at!: string;

  @ApiProperty({ type: [String], example: [], description: 'what stood below it and was ended with it' })
  children!: string[];

  @ApiProperty()
  event!: EventReferenceDto;
}
