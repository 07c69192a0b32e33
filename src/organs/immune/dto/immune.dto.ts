import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { IsAgentId, IsText } from '../../../platform/http/validators.js';
import { AGENT_STATUSES, type AgentStatus } from '../../agents/index.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

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

/** `POST /immune/release`. */
export class ReleaseDto extends StandingDto {
  @ApiPropertyOptional({
    example: true,
    default: false,
    description: 'the next refusal for lack of budget isolates it again',
  })
  @MayBeAbsent()
  @IsBoolean()
  probation: boolean = false;
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

  @ApiProperty({ type: String, nullable: true, example: 'refused for lack of budget 10 times within 60 s' })
  reason!: string | null;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  since!: string;

  @ApiProperty({ type: () => QuarantineDto, nullable: true, description: 'the quarantine in force' })
  quarantine!: QuarantineDto | null;

  @ApiProperty({ example: '2026-01-31T12:00:05.000000Z' })
  timestamp!: string;
}

/** An immune policy. */
export class PolicyDto {
  @ApiProperty({ example: 'budget-refusals' })
  id!: string;

  @ApiProperty({ example: 'budget_refusals' })
  detector!: string;

  @ApiProperty({ example: 10 })
  threshold!: number;

  @ApiProperty({ example: 60 })
  window_seconds!: number;

  @ApiProperty({ enum: ['quarantine'] })
  answer!: string;

  @ApiProperty({ example: true })
  enabled!: boolean;

  @ApiProperty({ example: 1 })
  version!: number;
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

  @ApiProperty()
  event!: EventReferenceDto;
}

/** What a release answers. */
export class ReleasedDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: false })
  is_quarantined!: boolean;

  @ApiProperty({ example: false })
  on_probation!: boolean;

  @ApiProperty({ example: '2026-01-31T12:30:00.000000Z' })
  released_at!: string;

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

  @ApiProperty()
  event!: EventReferenceDto;
}
