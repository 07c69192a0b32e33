import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { IsText } from '../../../platform/http/validators.js';
import { RAISED_BY, STATES, type RaisedBy, type StateName } from '../entities/substrate-state.entity.js';
import { StatePolicyDto } from './state-policy.dto.js';

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

/** What the present state changes. */
export class StateChangesDto {
  @ApiProperty({
    type: [String],
    example: ['only reflex agents may act', 'the thresholds of detectors are multiplied by 0.9'],
    description: 'for people; empty where it changes nothing',
  })
  in_words!: string[];

  @ApiProperty()
  policy!: StatePolicyDto;
}

/** `GET /state`. */
export class StateDto {
  @ApiProperty({ enum: STATES })
  current_state!: StateName;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  since!: string;

  @ApiProperty({ example: 'three agents quarantined within an hour' })
  trigger!: string;

  @ApiProperty({ enum: RAISED_BY, description: 'on whose word it is; what findings raised goes back by itself' })
  raised_by!: RaisedBy;

  @ApiProperty({ example: 41, description: 'the event that moved it here, or said last why it stays' })
  event_id!: number;

  @ApiProperty()
  changes!: StateChangesDto;

  @ApiProperty({ enum: STATES, isArray: true })
  allowed_transitions!: readonly StateName[];

  @ApiProperty({
    enum: STATES,
    nullable: true,
    description:
      'where the system itself may go: to alert on a finding, back to observe when none comes; null: nowhere',
  })
  system_may_move_to!: StateName | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2026-01-31T12:05:00.000000Z',
    description: 'from when on the system may; null where it may not',
  })
  may_leave_at!: string | null;

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
