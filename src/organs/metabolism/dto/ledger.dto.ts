import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import type { JsonObject } from '../../../platform/json.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { IsAgentId, IsCostType, IsText, IsTimestamp, IsUnit } from '../../../platform/http/validators.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { GRAINS, type Grain } from '../rollup.js';
import { IsScopeId } from './scope.dto.js';

/** Characters of `provider/model`. */
const MODEL_MAX = 200;

/** What totals can be grouped by; a length of time is a time series. */
export const COST_GROUPS = ['agent', 'scope', 'model', 'cost_type', 'unit', ...GRAINS] as const;
export type CostGroup = (typeof COST_GROUPS)[number];

/** What the ledger is exported as. */
export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;

class BookFilterQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'invoice-bot' })
  @MayBeAbsent()
  @IsAgentId()
  agent_id?: string;

  @ApiPropertyOptional({ example: 'substrate', description: 'costs that were booked in this scope' })
  @MayBeAbsent()
  @IsScopeId()
  scope_id?: string;

  @ApiPropertyOptional({ example: 'llm.call' })
  @MayBeAbsent()
  @IsCostType()
  cost_type?: string;

  @ApiPropertyOptional({ example: 'openai/gpt-4o', description: 'of priced usage' })
  @MayBeAbsent()
  @IsText(MODEL_MAX)
  model?: string;

  @ApiPropertyOptional({ example: 'usd' })
  @MayBeAbsent()
  @IsUnit()
  unit?: string;

  @ApiPropertyOptional({ example: '2026-01-31T00:00:00Z', description: 'costs that occurred at or after it' })
  @MayBeAbsent()
  @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ example: '2026-02-01T00:00:00Z', description: 'costs that occurred before it' })
  @MayBeAbsent()
  @IsTimestamp()
  to?: string;
}

/** `GET /metabolism/ledger`. */
export class LedgerQuery extends BookFilterQuery {}

/** `GET /metabolism/ledger/export`. */
export class LedgerExportQuery extends OmitType(BookFilterQuery, ['limit', 'cursor'] as const) {
  @ApiPropertyOptional({ enum: EXPORT_FORMATS, default: 'ndjson' })
  @MayBeAbsent()
  @IsIn(EXPORT_FORMATS)
  format: (typeof EXPORT_FORMATS)[number] = 'ndjson';
}

/** `GET /metabolism/costs`. */
export class CostsQuery extends BookFilterQuery {
  @ApiProperty({ enum: COST_GROUPS, description: '`minute`, `hour` and `day` (of UTC) are time series' })
  @IsIn(COST_GROUPS)
  group_by!: CostGroup;

  @ApiPropertyOptional({ enum: GRAINS, description: 'a time series of each group' })
  @MayBeAbsent()
  @IsIn(GRAINS)
  interval?: Grain;
}

/** One row of `cost_ledger`. */
export class LedgerEntryDto {
  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  id!: string;

  @ApiProperty({ example: 18, description: 'the event that booked it' })
  event_id!: number;

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ type: String, nullable: true, example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  action_id!: string | null;

  @ApiProperty({ example: 'llm.call' })
  cost_type!: string;

  @ApiProperty({ example: 0.031131, description: 'negative only where a correction takes back part of an estimate' })
  amount!: number;

  @ApiProperty({ example: 'usd' })
  unit!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  occurred_at!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  booked_at!: string;

  @ApiProperty({ example: false, description: 'the whole hold of an action that was not completed in time' })
  estimated!: boolean;

  @ApiProperty({ type: [String], example: ['agent:invoice-bot', 'substrate'], description: 'where it was booked' })
  scopes!: string[];

  @ApiProperty({ type: String, nullable: true, example: 'openai/gpt-4o', description: 'of the usage that was priced' })
  model!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'usage by kind, price and its version; null where the agent named an amount',
  })
  pricing!: JsonObject | null;

  @ApiProperty({ type: String, nullable: true, description: 'the row that this one corrects' })
  corrects!: string | null;
}

/** A page of the ledger. */
export class LedgerPageDto {
  @ApiProperty({ type: () => [LedgerEntryDto] })
  items!: LedgerEntryDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

/** A total, with the members that `group_by` and `interval` say. */
export class CostTotalDto {
  @ApiPropertyOptional({ example: 'invoice-bot' })
  agent_id?: string;

  @ApiPropertyOptional({ example: 'substrate' })
  scope_id?: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'openai/gpt-4o',
    description: 'null: no usage was priced',
  })
  model?: string | null;

  @ApiPropertyOptional({ example: 'llm.call' })
  cost_type?: string;

  @ApiPropertyOptional({ example: '2026-01-31T12:00:00.000000Z', description: 'start of the minute, UTC' })
  minute?: string;

  @ApiPropertyOptional({ example: '2026-01-31T12:00:00.000000Z', description: 'start of the hour, UTC' })
  hour?: string;

  @ApiPropertyOptional({ example: '2026-01-31T00:00:00.000000Z', description: 'start of the day, UTC' })
  day?: string;

  @ApiProperty({ example: 'usd' })
  unit!: string;

  @ApiProperty({ example: 75.619557446 })
  total!: number;

  @ApiProperty({ example: 2669, description: 'rows of the ledger in it' })
  entries!: number;
}

/** A page of totals. */
export class CostTotalsDto {
  @ApiProperty({ type: () => [CostTotalDto] })
  items!: CostTotalDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}
