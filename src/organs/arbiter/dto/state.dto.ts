import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { IsText } from '../../../platform/http/validators.js';
import { STATES, type StateName } from '../entities/substrate-state.entity.js';

/** Characters of a trigger. */
const TRIGGER_MAX = 500;

/** `POST /state/transition`. */
export class TransitionDto {
  @ApiProperty({ enum: STATES })
  @IsIn(STATES)
  to_state!: StateName;

  @ApiProperty({ example: 'three agents quarantined within an hour' })
  @IsText(TRIGGER_MAX)
  trigger!: string;
}

/** What a transition answers. */
export class TransitionedDto {
  @ApiProperty({ example: true })
  success!: boolean;

  @ApiProperty({ enum: STATES })
  new_state!: StateName;

  @ApiProperty({ enum: STATES })
  previous_state!: StateName;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  timestamp!: string;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** `GET /state`. */
export class StateDto {
  @ApiProperty({ enum: STATES })
  current_state!: StateName;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  since!: string;

  @ApiProperty({ example: 'three agents quarantined within an hour' })
  trigger!: string;

  @ApiProperty({ example: 41, description: 'the event that moved it here' })
  event_id!: number;

  @ApiProperty({ enum: STATES, isArray: true })
  allowed_transitions!: readonly StateName[];

  @ApiProperty({ example: '2026-01-31T12:05:00.000000Z' })
  timestamp!: string;
}

/** One move of the state. */
export class StateMoveDto {
  @ApiProperty({ example: 41 })
  event_id!: number;

  @ApiProperty({ enum: STATES })
  from_state!: StateName;

  @ApiProperty({ enum: STATES })
  to_state!: StateName;

  @ApiProperty({ example: 'three agents quarantined within an hour' })
  trigger!: string;

  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  moved_by!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  occurred_at!: string;
}
