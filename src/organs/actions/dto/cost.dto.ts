import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsAmount, IsUnit } from '../../../platform/http/validators.js';
import { UNIT_DEFAULT } from '../../metabolism/index.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

/** A cost is below this many units: a double carries it exactly with its nine decimals up to 10^6, and to 15 digits above. */
export const COST_BELOW = 1e9;

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

/** What an action did cost; the unit is the hold's. */
export class RealCostDto {
  @ApiProperty({ example: 1.2, minimum: 0, description: `below ${COST_BELOW}, at most nine decimals` })
  @IsAmount({ below: COST_BELOW })
  amount!: number;

  @ApiPropertyOptional({ example: 'usd', description: "the hold's unit" })
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
