import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsPositive, Max } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { IsAgentId, IsAmount, IsUnit } from '../../../platform/http/validators.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

/** A budget is below this many units: with nine decimals still 21 digits, and a JSON double carries 15 exactly. */
export const BUDGET_BELOW = 1e12;
/** Longest window, in hours: ten years. */
export const WINDOW_HOURS_MAX = 87_600;
/** Window when the caller does not say, in hours. */
const WINDOW_HOURS_DEFAULT = 24;
/** Unit when the caller does not say. */
export const UNIT_DEFAULT = 'usd';

/** `POST /metabolism/allocate`. */
export class AllocateDto {
  @ApiProperty({ example: 'invoice-bot' })
  @IsAgentId()
  agent_id!: string;

  @ApiProperty({ example: 25.5, description: `above 0, below ${BUDGET_BELOW}, at most nine decimals` })
  @IsAmount({ above: 'zero', below: BUDGET_BELOW })
  total_budget!: number;

  @ApiPropertyOptional({ example: 24, minimum: 0, maximum: WINDOW_HOURS_MAX, default: WINDOW_HOURS_DEFAULT })
  @MayBeAbsent()
  @IsPositive()
  @Max(WINDOW_HOURS_MAX)
  window_hours: number = WINDOW_HOURS_DEFAULT;

  @ApiPropertyOptional({ example: 'usd', default: UNIT_DEFAULT })
  @MayBeAbsent()
  @IsUnit()
  unit: string = UNIT_DEFAULT;
}

/** What an allocation answers. */
export class AllocatedDto {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: 25.5 })
  allocated_budget!: number;

  @ApiProperty({ example: 'usd' })
  unit!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  window_start!: string;

  @ApiProperty({ example: '2026-02-01T12:00:00.000000Z' })
  window_end!: string;

  @ApiProperty()
  event!: EventReferenceDto;
}
