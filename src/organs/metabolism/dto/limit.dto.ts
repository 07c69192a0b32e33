import { ApiProperty } from '@nestjs/swagger';

/** A limit as it is now. */
export class LimitDto {
  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  limit_id!: string;

  @ApiProperty({ example: 'agent:invoice-bot' })
  scope_id!: string;

  @ApiProperty({ example: 'usd' })
  unit!: string;

  @ApiProperty({ example: 25.5 })
  limit!: number;

  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'number' }],
    example: 'day',
    description: 'a window of the calendar, `lifetime`, or a number of hours',
  })
  window!: string | number;

  @ApiProperty({ type: String, nullable: true, example: 'Europe/Berlin', description: 'of a window of the calendar' })
  time_zone!: string | null;

  @ApiProperty({ example: false, description: 'whether it is the last so much time at any moment' })
  rolling!: boolean;

  @ApiProperty({ example: true, description: 'whether another window follows; what was allocated once ends' })
  renews!: boolean;

  @ApiProperty({ example: '2026-01-31T00:00:00.000000Z' })
  window_start!: string;

  @ApiProperty({ type: String, nullable: true, example: '2026-02-01T00:00:00.000000Z' })
  window_end!: string | null;

  @ApiProperty({ example: 4.2, description: 'booked in the window and borne by the limit' })
  spent!: number;

  @ApiProperty({ example: 1.5, description: 'sum of the open holds in the scope' })
  held!: number;

  @ApiProperty({ example: 0, description: 'booked in the window beyond what the limit bears' })
  debt!: number;

  @ApiProperty({ example: 19.8, description: 'what may still be held or charged' })
  remaining!: number;

  @ApiProperty({ example: 0, description: 'given to this window beyond the limit' })
  funded!: number;

  @ApiProperty({ example: 0, description: 'debt of earlier windows that this one took over' })
  carried!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    example: 3.2,
    description: 'what the scope spends in the unit at present, by the last hour; null in the answer of a command',
  })
  rate_per_hour!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2026-01-31T21:07:30.000000Z',
    description: 'when nothing remains, at that rate; null: not before the window ends',
  })
  runs_out_at!: string | null;
}
