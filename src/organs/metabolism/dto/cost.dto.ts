import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsDefined,
  IsObject,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IsAmount, IsUnit } from '../../../platform/http/validators.js';
import { UNIT_DEFAULT } from './allocate.dto.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

/** A cost is below this many units: a double carries it exactly with its nine decimals up to 10^6, and to 15 digits above. */
export const COST_BELOW = 1e9;
/** Units in one cost: money, tokens, calls and some of the caller's own; each is checked in every scope above the agent. */
export const UNITS_MAX = 8;

/** What an action may cost. */
export class CostDto {
  @ApiProperty({ example: 1.5, minimum: 0, description: `below ${COST_BELOW}, at most nine decimals` })
  @IsAmount({ below: COST_BELOW })
  amount!: number;

  @ApiPropertyOptional({ example: 'usd', default: UNIT_DEFAULT })
  @MayBeAbsent()
  @IsUnit()
  unit: string = UNIT_DEFAULT;
}

/** What an action did cost. */
export class RealCostDto {
  @ApiProperty({ example: 1.2, minimum: 0, description: `below ${COST_BELOW}, at most nine decimals` })
  @IsAmount({ below: COST_BELOW })
  amount!: number;

  @ApiPropertyOptional({ example: 'usd', description: 'the unit that the action holds first, unless given' })
  @MayBeAbsent()
  @IsUnit()
  unit?: string;
}

/** An amount in an answer. */
export class AmountDto {
  @ApiProperty({ example: 1.5 })
  amount!: number;

  @ApiProperty({ example: 'usd' })
  unit!: string;
}

/** `cost`: one amount. */
export function IsCost(type: typeof CostDto | typeof RealCostDto, description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: () => type, description }),
    IsObject(),
    ValidateNested(),
    Type(() => type),
  );
}

/** `costs`: amounts in several units, each once. */
export function AreCosts(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: () => [CostDto],
      maxItems: UNITS_MAX,
      example: [
        { amount: 0.25, unit: 'usd' },
        { amount: 1, unit: 'calls' },
      ],
      description: 'amounts in several units, in place of `cost`: all of them or nothing',
    }),
    MayBeAbsent(),
    IsArray(),
    ArrayMinSize(1),
    ArrayMaxSize(UNITS_MAX),
    ArrayUnique((cost: Partial<CostDto> | null) => cost?.unit, { message: 'must have each unit once' }),
    ValidateNested({ each: true }),
    Type(() => CostDto),
  );
}

/** A member that is required where none of some others is given. */
export function UnlessGiven(others: readonly string[], message: string): PropertyDecorator {
  return applyDecorators(
    ValidateIf((body: Record<string, unknown>, value: unknown) => {
      return value !== undefined || others.every((member) => body[member] === undefined);
    }),
    IsDefined({ message }),
  );
}

/** A member that says what others say as well, and so stands alone. */
export function NotBeside(others: readonly string[]): PropertyDecorator {
  return ValidateBy({
    name: 'notBeside',
    validator: {
      validate: (_value, on) =>
        others.every((m) => (on?.object as Record<string, unknown> | undefined)?.[m] === undefined),
      defaultMessage: () => `cannot stand beside ${others.join(' or ')}`,
    },
  });
}
