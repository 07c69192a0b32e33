import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Matches, Max, Min } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

/** Form of a policy's id. */
const POLICY_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** Form of a pattern: an action type, the beginning of some with `*` at its end, or `*`. */
const PATTERN = /^(?:\*|[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\*?)$/;
/** People who must approve, at most: more do not look, but trust each other to. */
const APPROVALS_MAX = 5;
/** Longest time to decide, in seconds: a week. */
const DECIDE_SECONDS_MAX = 604_800;
/** Longest time to use an approval, in seconds: a day; what was decided on does not stay as it is. */
const USABLE_SECONDS_MAX = 86_400;

/** `:policy_id` of a path. */
export class ApprovalPolicyIdParam {
  @ApiProperty({ example: 'money' })
  @Matches(POLICY_ID, { message: 'must be a lower-case code of up to 64 of a-z 0-9 -' })
  policy_id!: string;
}

/** `PUT /approval-policies/:policy_id`. */
export class SetApprovalPolicyDto {
  @ApiProperty({
    example: 'money.*',
    description:
      'an action type, the beginning of some with `*` at its end, or `*`; the most specific goes. Never changes',
  })
  @Matches(PATTERN, { message: 'must be an action type, the beginning of some with * at its end, or *' })
  action_type!: string;

  @ApiProperty({ example: 2, minimum: 1, maximum: APPROVALS_MAX, description: 'people who must approve' })
  @IsInt()
  @Min(1)
  @Max(APPROVALS_MAX)
  approvals_needed!: number;

  @ApiProperty({ example: 3_600, minimum: 1, maximum: DECIDE_SECONDS_MAX, description: 'undecided by then: expired' })
  @IsInt()
  @Min(1)
  @Max(DECIDE_SECONDS_MAX)
  decide_within_seconds!: number;

  @ApiProperty({ example: 900, minimum: 1, maximum: USABLE_SECONDS_MAX, description: 'how long an approval is good' })
  @IsInt()
  @Min(1)
  @Max(USABLE_SECONDS_MAX)
  usable_seconds!: number;

  @ApiPropertyOptional({ example: 1, minimum: 0, description: 'the version that is to be changed; 0: it must be new' })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  expected_version?: number;
}

/** An approval policy. */
export class ApprovalPolicyDto {
  @ApiProperty({ example: 'money' })
  id!: string;

  @ApiProperty({ example: 'money.*' })
  action_type!: string;

  @ApiProperty({ example: 2 })
  approvals_needed!: number;

  @ApiProperty({ example: 3_600 })
  decide_within_seconds!: number;

  @ApiProperty({ example: 900 })
  usable_seconds!: number;

  @ApiProperty({ example: 1 })
  version!: number;
}

/** An approval policy that was made or changed. */
export class ApprovalPolicySetDto extends ApprovalPolicyDto {
  @ApiProperty()
  event!: EventReferenceDto;
}
