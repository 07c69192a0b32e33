import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsUUID,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { LEASE_SECONDS_MAX } from '../../../platform/config/config.schema.js';
import type { JsonObject } from '../../../platform/json.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { IsActionType, IsAgentId, IsFreeJson } from '../../../platform/http/validators.js';
import {
  AreCosts,
  CostDto,
  HOLD_STATUSES,
  IsCost,
  IsUsage,
  IsUsageBody,
  NotBeside,
  RealCostDto,
  UnlessGiven,
  type HoldStatus,
} from '../../metabolism/index.js';
import { BATCH_ITEMS_MAX } from '../../../event-log/batch.js';
import { IsItemKey } from '../../../event-log/item-key.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

/** `POST /actions`. */
export class AuthorizeDto {
  @ApiProperty({ example: 'email.send' })
  @IsActionType()
  action_type!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { to: 'customer-17', template: 'reminder' },
    description: 'what is to be done; recorded as it is, or as its SHA-256 where the event would grow too large',
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

  @UnlessGiven(['costs', 'usage'], 'is required: no action without budget')
  @IsCost(CostDto, 'what it may cost at most; this, `costs` or `usage`')
  cost?: CostDto;

  @AreCosts()
  @NotBeside(['cost'])
  costs?: CostDto[];

  @MayBeAbsent()
  @IsUsage({ hold: true })
  @NotBeside(['cost'])
  usage?: JsonObject;

  @ApiPropertyOptional({
    example: 60,
    minimum: 1,
    maximum: LEASE_SECONDS_MAX,
    description: 'how long each permit lasts, and never longer than the hold; LEASE_SECONDS unless given',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(LEASE_SECONDS_MAX)
  lease_seconds?: number;

  @ApiPropertyOptional({
    example: false,
    default: false,
    description: 'only hold the budget now: no permit until `begin`, and nothing is booked when it is never begun',
  })
  @MayBeAbsent()
  @IsBoolean()
  deferred: boolean = false;

  @ApiPropertyOptional({
    example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
    format: 'uuid',
    description: 'an approved escalation of exactly this: the same action type, the same payload, at most its ceiling',
  })
  @MayBeAbsent()
  @IsUUID('all', { message: 'must be a UUID' })
  escalation_id?: string;
}

/** One action of a batch. */
export class AuthorizeItemDto extends AuthorizeDto {
  @IsItemKey()
  idempotency_key?: string;
}

/** `POST /actions/batch`. */
export class AuthorizeBatchDto {
  @ApiProperty({ type: () => [AuthorizeItemDto], maxItems: BATCH_ITEMS_MAX })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BATCH_ITEMS_MAX)
  @ValidateNested({ each: true })
  @Type(() => AuthorizeItemDto)
  items!: AuthorizeItemDto[];
}

/** `POST /actions/:action_id/complete`. */
export class CompleteDto {
  @ApiProperty({ enum: ['success', 'failed'] })
  @IsIn(['success', 'failed'])
  status!: 'success' | 'failed';

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { delivered: true } })
  @MayBeAbsent()
  @IsFreeJson()
  result?: JsonObject;

  @ApiPropertyOptional({
    example: false,
    description:
      'whether `result` is about a person: the log then has a salted digest of it, and the text can be erased',
  })
  @MayBeAbsent()
  @IsBoolean()
  personal?: boolean;

  @MayBeAbsent()
  @IsCost(RealCostDto, 'what it did cost; in a unit that is not named: the hold on success, nothing on failure')
  cost?: RealCostDto;

  @AreCosts()
  @NotBeside(['cost'])
  costs?: CostDto[];

  @MayBeAbsent()
  @IsUsage({ hold: false })
  @NotBeside(['cost'])
  usage?: JsonObject;

  @MayBeAbsent()
  @IsUsageBody()
  @NotBeside(['cost', 'usage'])
  usage_body?: JsonObject;
}

/** `:action_id` of a path. */
export class ActionIdParam {
  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', format: 'uuid' })
  @IsUUID('all', { message: 'must be a UUID' })
  action_id!: string;
}

/** `GET /actions`. */
export class ActionsQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'invoice-bot' })
  @MayBeAbsent()
  @IsAgentId()
  agent_id?: string;

  @ApiPropertyOptional({ enum: HOLD_STATUSES })
  @MayBeAbsent()
  @IsIn(HOLD_STATUSES)
  status?: HoldStatus;
}
