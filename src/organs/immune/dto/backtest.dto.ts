import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, Max, Min, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { IsPolicyId, PolicyRuleDto } from './policy.dto.js';

/** Policies of one trial: each detector for a handful of scopes. */
const POLICIES_MAX = 200;

/** A policy that is tried. */
export class CandidateDto extends PolicyRuleDto {
  @ApiProperty({ example: 'call-rate' })
  @IsPolicyId()
  id!: string;
}

/** `POST /immune/policies/backtest`. */
export class BacktestDto {
  @ApiPropertyOptional({
    type: () => [CandidateDto],
    maxItems: POLICIES_MAX,
    description: "all that is in force in the trial, in place of the log's own policies; absent: those",
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(POLICIES_MAX)
  @ValidateNested({ each: true })
  @Type(() => CandidateDto)
  policies?: CandidateDto[];

  @ApiPropertyOptional({
    example: 1,
    minimum: 1,
    default: 1,
    description: 'the first event; of what was before it detectors know only who was there, and in what standing',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  from_id: number = 1;

  @ApiPropertyOptional({ example: 100_000, minimum: 1, description: 'the last event; absent: the end of the log' })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  to_id?: number;
}

/** An amount of a trial. */
export class PreventedSpendDto {
  @ApiProperty({ example: 'usd' })
  unit!: string;

  @ApiProperty({ example: 12.5 })
  amount!: number;
}

/** An isolation that the policies would have made. */
export class WouldIsolateDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ enum: ['quarantine', 'terminate'] })
  answer!: string;

  @ApiProperty({ example: 'call-rate' })
  policy_id!: string;

  @ApiProperty({ example: '2026-01-31T12:01:00.000000Z' })
  at!: string;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'when the log releases it; null: never' })
  until!: string | null;

  @ApiProperty({ example: '31 actions within a minute, where 6 are usual' })
  reason!: string;

  @ApiProperty({ example: 'actions per 60 s' })
  metric!: string;

  @ApiProperty({ type: Number, nullable: true, example: 6 })
  expected!: number | null;

  @ApiProperty({ example: 31 })
  observed!: number;

  @ApiProperty({ type: [Number], example: [811, 812] })
  evidence!: number[];

  @ApiProperty({
    type: Number,
    nullable: true,
    example: null,
    description: 'the event by which the log has the same policy isolate it; null: it did not happen',
  })
  recorded_event_id!: number | null;

  @ApiProperty({ example: 40, description: 'what it was authorized in the log meanwhile' })
  prevented_actions!: number;

  @ApiProperty({ type: () => [PreventedSpendDto] })
  prevented_spend!: PreventedSpendDto[];
}

/** An isolation by a policy that the log has and the trial has not. */
export class NotIsolatedDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: 'budget-refusals' })
  policy_id!: string;

  @ApiProperty({ example: 34 })
  event_id!: number;

  @ApiProperty({ example: '2026-01-31T12:01:00.000000Z' })
  at!: string;
}

/** What policies would have done, beside what happened. */
export class BacktestedDto {
  @ApiProperty({ example: 100_000 })
  events!: number;

  @ApiProperty({ example: 1 })
  from_id!: number;

  @ApiProperty({ example: 100_000 })
  to_id!: number;

  @ApiProperty({ example: false, description: 'whether they isolate exactly whom the log has isolated, by the same' })
  is_as_recorded!: boolean;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { 'call-rate': 3 },
    description: 'findings by policy, those without effect included',
  })
  findings!: Record<string, number>;

  @ApiProperty({ type: () => [WouldIsolateDto] })
  isolations!: WouldIsolateDto[];

  @ApiProperty({ type: () => [NotIsolatedDto] })
  not_isolated!: NotIsolatedDto[];

  @ApiProperty({ example: 840 })
  duration_ms!: number;
}
