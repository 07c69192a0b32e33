import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Matches, ValidateBy } from 'class-validator';
import { EventReferenceDto, ProblemDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { UUID } from '../../../platform/http/patterns.js';
import { IsFreeJson, IsText, IsTimestamp } from '../../../platform/http/validators.js';
import type { JsonObject } from '../../../platform/json.js';
import { cardFaults } from '../prices/index.js';
import { IsUsage, IsUsageBody } from '../usage-request.js';

/** Characters of the name of a provider or model. */
const NAME_MAX = 100;
const PRICES_EXAMPLE = { input_mtok: '2.5', cache_read_mtok: '1.25', output_mtok: '10' };

/** `POST /metabolism/prices`. */
export class SetPriceDto {
  @ApiProperty({
    example: 'openai',
    description: '`*`, with `*` as model: the worst case for models without any price',
  })
  @IsText(NAME_MAX)
  provider!: string;

  @ApiProperty({ example: 'gpt-4o' })
  @IsText(NAME_MAX)
  model!: string;

  @ApiPropertyOptional({
    example: '2026-02-01T00:00:00Z',
    description: 'for usage from this moment on; now unless given',
  })
  @MayBeAbsent()
  @IsTimestamp()
  valid_from?: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: PRICES_EXAMPLE,
    description:
      'US dollars as decimal strings by kind: `_mtok` for a million tokens, `_kcount` for a thousand pieces, `_hours`; or `{base, tiers: [{start, price}]}` by input tokens of the call',
  })
  @IsFreeJson()
  @ValidateBy({
    name: 'isPriceCard',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' && value !== null && cardFaults(value as JsonObject).length === 0,
      defaultMessage: (on) => {
        const [fault] = cardFaults((on?.value ?? {}) as JsonObject);
        return fault ? `${fault.pointer.slice(1)} ${fault.detail}`.trim() : 'must be an object';
      },
    },
  })
  prices!: JsonObject;
}

/** An own price. */
export class PriceDto {
  @ApiProperty({
    example: 'own:0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
    description: 'the version, as ledger rows name it',
  })
  price!: string;

  @ApiProperty({ example: 'openai/gpt-4o' })
  model!: string;

  @ApiProperty({ example: '2026-02-01T00:00:00.000000Z' })
  valid_from!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: PRICES_EXAMPLE })
  prices!: JsonObject;
}

/** An own price that was just given. */
export class PriceSetDto extends PriceDto {
  @ApiProperty()
  event!: EventReferenceDto;
}

/** `GET /metabolism/prices`. */
export class PricesQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'openai/gpt-4o' })
  @MayBeAbsent()
  @IsText(2 * NAME_MAX + 1)
  model?: string;
}

/** `POST /metabolism/quote`. */
export class QuoteRequestDto {
  @MayBeAbsent()
  @IsUsage({ hold: true })
  usage?: JsonObject;

  @MayBeAbsent()
  @IsUsageBody()
  usage_body?: JsonObject;

  @ApiPropertyOptional({
    example: '2026-02-01T00:00:00Z',
    description: 'the moment whose prices count; now unless given',
  })
  @MayBeAbsent()
  @IsTimestamp()
  at?: string;
}

/** What a usage would cost. */
export class QuoteDto {
  @ApiProperty({ example: 0.0064 })
  amount!: number;

  @ApiProperty({ example: 'usd' })
  unit!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  at!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'usage by kind, price and its version' })
  pricing!: JsonObject;
}

/** `POST /metabolism/reprice`. */
export class RepriceDto {
  @ApiProperty({ example: 'openai' })
  @IsText(NAME_MAX)
  provider!: string;

  @ApiProperty({ example: 'gpt-4o' })
  @IsText(NAME_MAX)
  model!: string;

  @ApiProperty({ example: '2026-01-31T00:00:00Z', description: 'usage that arose at or after it' })
  @IsTimestamp()
  from!: string;

  @ApiProperty({ example: '2026-02-01T00:00:00Z', description: 'usage that arose before it' })
  @IsTimestamp()
  to!: string;

  @ApiPropertyOptional({ format: 'uuid', description: '`next_after` of the answer before' })
  @MayBeAbsent()
  @Matches(UUID, { message: 'must be a UUID' })
  after?: string;

  @ApiProperty({ example: 'the vendor changed its price list' })
  @IsText(1_000)
  reason!: string;
}

class RepricedItemDto {
  @ApiProperty({ example: 200 })
  status!: number;

  @ApiPropertyOptional({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  ledger_id?: string;

  @ApiPropertyOptional({ example: 'own:0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  price?: string;

  @ApiPropertyOptional({ example: -0.0012 })
  difference?: number;

  @ApiPropertyOptional({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', description: 'the row that corrects it' })
  correction_id?: string;

  @ApiPropertyOptional({ type: () => ProblemDto })
  problem?: ProblemDto;

  @ApiPropertyOptional({ type: () => EventReferenceDto })
  event?: EventReferenceDto;
}

/** What pricing again answers. */
export class RepricedDto {
  @ApiProperty({ type: () => [RepricedItemDto] })
  items!: RepricedItemDto[];

  @ApiProperty({ type: String, nullable: true, description: 'ask again with it as `after`; null: that was all' })
  next_after!: string | null;
}
