import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsNumber, Matches, Max, Min } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { ANSWERS, DETECTORS, MODES, type Answer, type DetectorName, type Mode } from '../detection/policy.js';

/** Longest window and cool-down, in seconds: a week. */
const SECONDS_MAX = 604_800;
/** Largest threshold: counts and ratios stay far below. */
const THRESHOLD_MAX = 1_000_000_000;
const THRESHOLD_RANGE = `must be a number from 0 to ${THRESHOLD_MAX}`;
/** Form of a policy's id: it is a part of the ids of its findings. */
const POLICY_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** Form of a scope's id: the substrate, a group, or an agent by `agent:`. */
const SCOPE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,133}$/;

/** A policy's id. */
export function IsPolicyId(): PropertyDecorator {
  return Matches(POLICY_ID, { message: 'must be a lower-case code of up to 64 of a-z 0-9 -' });
}

/** `:policy_id` of a path. */
export class PolicyIdParam {
  @ApiProperty({ example: 'call-rate' })
  @IsPolicyId()
  policy_id!: string;
}

/** What a policy says. */
export class PolicyRuleDto {
  @ApiProperty({ enum: DETECTORS })
  @IsIn(DETECTORS)
  detector!: DetectorName;

  @ApiProperty({
    example: 3,
    description: 'how much of it sets it off; docs/detectors.md says what each detector counts',
  })
  @IsNumber({ allowInfinity: false, allowNaN: false }, { message: THRESHOLD_RANGE })
  @Min(0, { message: THRESHOLD_RANGE })
  @Max(THRESHOLD_MAX, { message: THRESHOLD_RANGE })
  threshold!: number;

  @ApiProperty({ example: 60, minimum: 1, maximum: SECONDS_MAX })
  @IsInt()
  @Min(1)
  @Max(SECONDS_MAX)
  window_seconds!: number;

  @ApiPropertyOptional({
    example: 'substrate',
    default: 'substrate',
    description: "the substrate, a group, or `agent:<id>`; of a detector's policies the nearest to an agent goes",
  })
  @MayBeAbsent()
  @Matches(SCOPE_ID, { message: 'must be the id of a scope: substrate, a group, or agent:<id>' })
  scope?: string;

  @ApiProperty({ enum: ANSWERS })
  @IsIn(ANSWERS)
  answer!: Answer;

  @ApiPropertyOptional({ enum: MODES, default: 'on', description: 'shadow: findings without effect' })
  @MayBeAbsent()
  @IsIn(MODES)
  mode?: Mode;

  @ApiPropertyOptional({ example: 300, default: 300, minimum: 0, maximum: SECONDS_MAX })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(SECONDS_MAX)
  cool_down_seconds?: number;
}

/** `PUT /immune/policies/:policy_id`. */
export class SetPolicyDto extends PolicyRuleDto {
  @ApiPropertyOptional({ example: 1, minimum: 0, description: 'the version that is to be changed; 0: it must be new' })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  expected_version?: number;
}

/** An immune policy. */
export class PolicyDto {
  @ApiProperty({ example: 'budget-refusals' })
  id!: string;

  @ApiProperty({ enum: DETECTORS })
  detector!: string;

  @ApiProperty({ example: 10 })
  threshold!: number;

  @ApiProperty({ example: 60 })
  window_seconds!: number;

  @ApiProperty({ example: 'substrate' })
  scope!: string;

  @ApiProperty({ enum: ANSWERS })
  answer!: string;

  @ApiProperty({ enum: MODES })
  mode!: string;

  @ApiProperty({ example: 300 })
  cool_down_seconds!: number;

  @ApiProperty({ example: 1 })
  version!: number;
}

/** A policy that was made or changed. */
export class PolicySetDto extends PolicyDto {
  @ApiProperty()
  event!: EventReferenceDto;
}
