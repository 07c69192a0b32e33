import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsUUID, ValidateNested, IsBoolean } from 'class-validator';
import type { JsonObject } from '../../../platform/json.js';
import { IsAmount, IsCostType, IsFreeJson, IsTimestamp, IsUnit } from '../../../platform/http/validators.js';
import {
  AreCosts,
  COST_BELOW,
  CostDto,
  IsUsage,
  IsUsageBody,
  NotBeside,
  UNIT_DEFAULT,
  UnlessGiven,
} from '../../metabolism/index.js';
import { BATCH_ITEMS_MAX } from '../../../event-log/batch.js';
import { IsItemKey } from '../../../event-log/item-key.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

/** `POST /metabolism/charge`. */
export class ChargeDto {
  @ApiProperty({ example: 'llm.call' })
  @IsCostType()
  cost_type!: string;

  @ApiPropertyOptional({ example: 0.031131, minimum: 0, description: `below ${COST_BELOW}, at most nine decimals` })
  @UnlessGiven(['costs', 'usage', 'usage_body'], 'is required')
  @IsAmount({ below: COST_BELOW })
  cost_amount?: number;

  @AreCosts()
  @NotBeside(['cost_amount'])
  costs?: CostDto[];

  @MayBeAbsent()
  @IsUsage({ hold: false })
  @NotBeside(['cost_amount'])
  usage?: JsonObject;

  @MayBeAbsent()
  @IsUsageBody()
  @NotBeside(['cost_amount', 'usage'])
  usage_body?: JsonObject;

  @ApiPropertyOptional({ example: 'usd', default: UNIT_DEFAULT })
  @MayBeAbsent()
  @IsUnit()
  unit: string = UNIT_DEFAULT;

  @ApiPropertyOptional({ format: 'uuid', description: 'an action of this agent that the cost belongs to' })
  @MayBeAbsent()
  @IsUUID('all', { message: 'must be a UUID' })
  action_id?: string;

  @ApiPropertyOptional({ example: '2026-01-31T12:00:00Z', description: 'when the cost arose; now unless given' })
  @MayBeAbsent()
  @IsTimestamp()
  occurred_at?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { model: 'small', tokens: 663 } })
  @MayBeAbsent()
  @IsFreeJson()
  attributes?: JsonObject;

  @ApiPropertyOptional({
    example: false,
    description:
      'whether `attributes` is about a person: the log then has a salted digest of it, and the text can be erased',
  })
  @MayBeAbsent()
  @IsBoolean()
  personal?: boolean;
}

/** One charge of a batch. */
export class ChargeItemDto extends ChargeDto {
  @IsItemKey()
  idempotency_key?: string;
}

/** `POST /metabolism/charge/batch`. */
export class ChargeBatchDto {
  @ApiProperty({ type: () => [ChargeItemDto], maxItems: BATCH_ITEMS_MAX })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(BATCH_ITEMS_MAX)
  @ValidateNested({ each: true })
  @Type(() => ChargeItemDto)
  items!: ChargeItemDto[];
}
