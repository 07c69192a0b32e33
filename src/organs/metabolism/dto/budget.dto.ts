import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsUnit } from '../../../platform/http/validators.js';
import { LimitDto } from './limit.dto.js';
import { UNIT_DEFAULT } from './allocate.dto.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

/** `GET /metabolism/budget/:agent_id`. */
export class BudgetQuery {
  @ApiPropertyOptional({ example: 'usd', default: UNIT_DEFAULT })
  @MayBeAbsent()
  @IsUnit()
  unit: string = UNIT_DEFAULT;
}

/** An agent's budget in one unit. */
export class BudgetDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: 'usd' })
  unit!: string;

  @ApiProperty({ example: 25.5 })
  total_budget!: number;

  @ApiProperty({ example: 4.2 })
  spent_budget!: number;

  @ApiProperty({ example: 1.5, description: 'sum of open holds' })
  reserved_budget!: number;

  @ApiProperty({ example: 0, description: 'real cost beyond the total' })
  debt!: number;

  @ApiProperty({
    example: 19.8,
    description:
      'the least that a limit above it leaves, each max(0, total - spent - reserved - debt); 0 outside of the window',
  })
  remaining_budget!: number;

  @ApiProperty({ type: String, nullable: true, example: '2026-01-31T12:00:00.000000Z' })
  window_start!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '2026-02-01T12:00:00.000000Z' })
  window_end!: string | null;

  @ApiProperty({
    type: () => [LimitDto],
    description: 'every limit that its actions must fit in, upwards from its own',
  })
  limits!: LimitDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2026-01-31T21:07:30.000000Z',
    description:
      'when the first of these limits is used up, at the rate of the last hour; null: not before its window ends',
  })
  runs_out_at!: string | null;

  @ApiProperty({ example: '2026-01-31T15:30:00.000000Z' })
  timestamp!: string;
}
