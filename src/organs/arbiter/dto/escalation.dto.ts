import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { IsActionType, IsAgentId, IsFreeJson, IsText } from '../../../platform/http/validators.js';
import type { JsonObject } from '../../../platform/json.js';
import { ImmuneStatusDto } from '../../immune/index.js';
import { AmountDto, AreCosts, CostDto, IsCost, IsUsage, NotBeside, UnlessGiven } from '../../metabolism/index.js';
import { ESCALATION_STATUSES, type EscalationStatus } from '../entities/escalation.entity.js';

const ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
/** Characters of a reason. */
const REASON_MAX = 1_000;

/** `POST /escalations`. */
export class EscalateDto {
  @ApiProperty({ example: 'money.send' })
  @IsActionType()
  action_type!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { to: 'supplier-4', invoice: '2026-117' },
    description: 'exactly what is to be done',
  })
  @MayBeAbsent()
  @IsFreeJson()
  payload?: JsonObject;

  @ApiPropertyOptional({
    example: false,
    description:
      'whether `payload` is about a person: the log then has a salted digest of it, and the text can be erased',
  })
  @MayBeAbsent()
  @IsBoolean()
  personal?: boolean;

  @UnlessGiven(['costs', 'usage'], 'is required: people decide on a ceiling')
  @IsCost(CostDto, 'what it may cost at most; this, `costs` or `usage`')
  cost?: CostDto;

  @AreCosts()
  @NotBeside(['cost'])
  costs?: CostDto[];

  @MayBeAbsent()
  @IsUsage({ hold: true })
  @NotBeside(['cost'])
  usage?: JsonObject;

  @ApiProperty({ example: 'the invoice is due today and the budget of the day is spent' })
  @IsText(REASON_MAX)
  reason!: string;
}

/** `POST /escalations/:id/approve` and `/deny`. */
export class DecideDto {
  @ApiProperty({ example: 'the invoice is ours and correct' })
  @IsText(REASON_MAX)
  reason!: string;
}

/** `GET /escalations`. */
export class EscalationsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ESCALATION_STATUSES })
  @MayBeAbsent()
  @IsIn(ESCALATION_STATUSES)
  status?: EscalationStatus;

  @ApiPropertyOptional({ example: 'invoice-bot' })
  @MayBeAbsent()
  @IsAgentId()
  agent_id?: string;
}

/** What stood in the way. */
export class ObstacleDto {
  @ApiProperty({ example: 'METABOLISM.BUDGET_EXCEEDED' })
  code!: string;

  @ApiProperty({ example: 'the budget of the agent has 0.4 usd left and 900 usd are needed' })
  detail!: string;
}

/** One person's yes. */
export class ApprovalDto {
  @ApiProperty({ example: ID })
  user_id!: string;

  @ApiProperty({ example: '2026-01-31T12:03:00.000000Z' })
  at!: string;

  @ApiProperty({ example: 43 })
  event_id!: number;

  @ApiProperty({ example: 'the invoice is ours and correct' })
  reason!: string;
}

/** The policy that it was asked under. */
export class AskedPolicyDto {
  @ApiProperty({ example: 'default' })
  id!: string;

  @ApiProperty({ example: 1 })
  version!: number;
}

/** What an agent asked for, and what became of it. */
export class EscalationDto {
  @ApiProperty({ example: ID })
  id!: string;

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ enum: ESCALATION_STATUSES })
  status!: EscalationStatus;

  @ApiProperty({ example: 'money.send' })
  action_type!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '9f2c1b7e64a0d3a5c8f7e6b5d4c3b2a19f2c1b7e64a0d3a5c8f7e6b5d4c3b2a1',
    description:
      'SHA-256 of its RFC 8785 form; null without a payload, and of a personal one where its text is not read',
  })
  payload_sha256!: string | null;

  @ApiProperty({ example: false, description: 'whether the payload is about a person' })
  personal!: boolean;

  @ApiProperty({ type: () => [AmountDto], description: 'what it may cost at most' })
  ceiling!: AmountDto[];

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'usage and price that a part of the ceiling was reckoned from',
  })
  pricing!: JsonObject | null;

  @ApiProperty({ example: 'the invoice is due today and the budget of the day is spent' })
  reason!: string;

  @ApiProperty({
    type: () => ObstacleDto,
    nullable: true,
    description: 'what `POST /actions` would have answered when it was asked; null: nothing stood in the way',
  })
  obstacle!: ObstacleDto | null;

  @ApiProperty({ description: 'the policy that it was asked under, and that must still go' })
  policy!: AskedPolicyDto;

  @ApiProperty({ example: 1, description: 'people who must approve' })
  approvals_needed!: number;

  @ApiProperty({ type: () => [ApprovalDto] })
  approvals!: readonly ApprovalDto[];

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  asked_at!: string;

  @ApiProperty({ example: '2026-01-31T13:00:00.000000Z', description: 'undecided by then, it expires' })
  decide_by!: string;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'an approval is good until then' })
  usable_until!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2026-01-31T13:00:00.000000Z',
    description: '`decide_by` while it is pending, `usable_until` while it is approved, else null',
  })
  expires_at!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: 3_480, description: 'whole seconds to `expires_at`' })
  seconds_left!: number | null;

  @ApiProperty({ example: 41, description: 'the event that asked' })
  event_id!: number;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'the user who decided it' })
  decided_by!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  decided_at!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null })
  decision_reason!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  decided_event_id!: number | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'the action that was authorized on it' })
  used_action_id!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  used_event_id!: number | null;
}

/** An escalation that was asked or decided. */
export class EscalatedDto extends EscalationDto {
  @ApiProperty()
  event!: EventReferenceDto;
}

/** One escalation with all that a decision needs. */
export class EscalationDetailDto extends EscalationDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'exactly what is to be done; null without one, and where it was erased',
  })
  payload!: JsonObject | null;

  @ApiProperty({ description: "the agent's standing and its last findings" })
  agent!: ImmuneStatusDto;
}
