import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsInt, IsNumber, Max, Min } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { AGENT_TYPES, type AgentType } from '../../agents/index.js';
import type { StateApprovals } from '../entities/state-policy.entity.js';
import { STATES, type StateName } from '../entities/substrate-state.entity.js';
import {
  DWELL_SECONDS_DEFAULT,
  LIMITS_SHARE_MIN,
  QUIET_SECONDS_DEFAULT,
  SENSITIVITY_MIN,
  STATE_SECONDS_MAX,
} from '../state-policies.js';
import { APPROVALS_SCHEMA, IsApprovals } from './is-approvals.js';

/** Decimals of a share and of a sensitivity. */
const DECIMALS = 3;
const MAY_ACT = 'types of agents that may act; []: none';
const SHARE = 'what may be used of each limit';
const SENSITIVITY = 'what the thresholds of detectors are multiplied by; less than 1: they find earlier';
const DWELL = 'shortest stay before the system itself may leave the state; people may always';
const QUIET = 'of alert: so long without a finding that is answered, and the system goes back to observe';

/** `:state` of a path. */
export class StateParam {
  @ApiProperty({ enum: STATES })
  @IsIn(STATES)
  state!: StateName;
}

/** `PUT /state/policies/:state`. */
export class SetStatePolicyDto {
  @ApiProperty({ enum: AGENT_TYPES, isArray: true, example: ['reflex'], description: MAY_ACT })
  @IsArray()
  @ArrayMaxSize(AGENT_TYPES.length)
  @ArrayUnique()
  @IsIn(AGENT_TYPES, { each: true })
  may_act!: AgentType[];

  @ApiProperty({ example: 0.5, minimum: LIMITS_SHARE_MIN, maximum: 1, description: SHARE })
  @IsNumber({ allowInfinity: false, allowNaN: false, maxDecimalPlaces: DECIMALS })
  @Min(LIMITS_SHARE_MIN)
  @Max(1)
  limits_share!: number;

  @IsApprovals()
  approvals!: StateApprovals;

  @ApiProperty({ example: 0.9, minimum: SENSITIVITY_MIN, maximum: 1, description: SENSITIVITY })
  @IsNumber({ allowInfinity: false, allowNaN: false, maxDecimalPlaces: DECIMALS })
  @Min(SENSITIVITY_MIN)
  @Max(1)
  sensitivity!: number;

  @ApiPropertyOptional({ default: DWELL_SECONDS_DEFAULT, minimum: 0, maximum: STATE_SECONDS_MAX, description: DWELL })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(STATE_SECONDS_MAX)
  dwell_seconds: number = DWELL_SECONDS_DEFAULT;

  @ApiPropertyOptional({ default: QUIET_SECONDS_DEFAULT, minimum: 1, maximum: STATE_SECONDS_MAX, description: QUIET })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(STATE_SECONDS_MAX)
  quiet_seconds: number = QUIET_SECONDS_DEFAULT;

  @ApiPropertyOptional({ example: 1, minimum: 1, description: 'the version that is to be changed' })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  expected_version?: number;
}

/** What a state does. */
export class StatePolicyDto {
  @ApiProperty({ enum: STATES })
  state!: StateName;

  @ApiProperty({ enum: AGENT_TYPES, isArray: true, example: ['reflex'], description: MAY_ACT })
  may_act!: AgentType[];

  @ApiProperty({ example: 1, description: SHARE })
  limits_share!: number;

  @ApiProperty(APPROVALS_SCHEMA)
  approvals!: StateApprovals;

  @ApiProperty({ example: 0.9, description: SENSITIVITY })
  sensitivity!: number;

  @ApiProperty({ example: DWELL_SECONDS_DEFAULT, description: DWELL })
  dwell_seconds!: number;

  @ApiProperty({ example: QUIET_SECONDS_DEFAULT, description: QUIET })
  quiet_seconds!: number;

  @ApiProperty({ example: 1 })
  version!: number;
}

/** A state's policy that was changed. */
export class StatePolicySetDto extends StatePolicyDto {
  @ApiProperty()
  event!: EventReferenceDto;
}
