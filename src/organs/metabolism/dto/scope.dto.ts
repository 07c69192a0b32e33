import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsUUID,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { IANAZone } from 'luxon';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { AGENT_ID, UUID } from '../../../platform/http/patterns.js';
import { IsAmount, IsText, IsUnit } from '../../../platform/http/validators.js';
import type { ScopeKind } from '../entities/scope.entity.js';
import { CALENDAR_WINDOWS } from '../period.js';
import { BUDGET_BELOW, UNIT_DEFAULT, WINDOW_HOURS_MAX } from './allocate.dto.js';
import { LimitDto } from './limit.dto.js';

/** Limits of one scope: each is checked for every action below it. */
const LIMITS_MAX = 24;
/** Characters of a group's name. */
const NAME_MAX = 100;
/** Thresholds of one scope: each is an event in every window. */
const THRESHOLDS_MAX = 10;
const TIME_ZONE_DEFAULT = 'UTC';

/** The id of a scope as requests name it. */
export const SCOPE_ID = new RegExp(`^(?:substrate|${UUID.source.slice(1, -1)}|agent:${AGENT_ID.source.slice(1, -1)})$`);

/** The id of a scope. */
export function IsScopeId(): PropertyDecorator {
  return Matches(SCOPE_ID, { message: 'must be `substrate`, the id of a group, or `agent:` and an agent_id' });
}

/** `calendar` windows have names; `lifetime` is one for ever; a number is so many hours. */
function IsWindow(): PropertyDecorator {
  return ValidateBy({
    name: 'isWindow',
    validator: {
      validate: (value: unknown) =>
        value === 'lifetime' ||
        (CALENDAR_WINDOWS as readonly unknown[]).includes(value) ||
        (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= WINDOW_HOURS_MAX),
      defaultMessage: () => `must be one of ${CALENDAR_WINDOWS.join(', ')}, lifetime, or a whole number of hours`,
    },
  });
}

/** A limit as it is asked for. */
export class WantedLimitDto {
  @ApiPropertyOptional({ example: 'usd', default: UNIT_DEFAULT })
  @MayBeAbsent()
  @IsUnit()
  unit: string = UNIT_DEFAULT;

  @ApiProperty({ example: 500, description: `above 0, below ${BUDGET_BELOW}, at most nine decimals` })
  @IsAmount({ above: 'zero', below: BUDGET_BELOW })
  limit!: number;

  @ApiProperty({
    oneOf: [
      { type: 'string', enum: [...CALENDAR_WINDOWS, 'lifetime'] },
      { type: 'integer', minimum: 1, maximum: WINDOW_HOURS_MAX },
    ],
    example: 'day',
    description: 'a window of the calendar, `lifetime`, or a whole number of hours',
  })
  @IsWindow()
  window!: (typeof CALENDAR_WINDOWS)[number] | 'lifetime' | number;

  @ApiPropertyOptional({
    example: 'Europe/Berlin',
    default: TIME_ZONE_DEFAULT,
    description: 'IANA time zone of a window of the calendar',
  })
  @MayBeAbsent()
  @ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && IANAZone.isValidZone(value),
      defaultMessage: () => 'must be an IANA time zone, such as Europe/Berlin',
    },
  })
  time_zone: string = TIME_ZONE_DEFAULT;

  @ApiPropertyOptional({
    example: false,
    default: false,
    description:
      'the last minute, hour, day, week or number of hours at any moment, instead of windows that begin anew',
  })
  @MayBeAbsent()
  @IsBoolean()
  @ValidateBy({
    name: 'canRoll',
    validator: {
      validate: (value, on) => {
        const window = (on?.object as WantedLimitDto | undefined)?.window;
        return value !== true || (window !== 'month' && window !== 'lifetime');
      },
      defaultMessage: () => 'cannot be with a window of a month or a lifetime: say hours',
    },
  })
  rolling: boolean = false;
}

class ScopeSettingsDto {
  @ApiPropertyOptional({
    example: 'substrate',
    description: 'the group above, or `substrate`; at most six levels of groups',
  })
  @MayBeAbsent()
  @IsScopeId()
  parent_id?: string;

  @ApiPropertyOptional({
    type: () => [WantedLimitDto],
    maxItems: LIMITS_MAX,
    description:
      'all limits that the scope is to have, but for what was allocated; one of the same unit and windows goes on with what it bears',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(LIMITS_MAX)
  @ArrayUnique(
    (limit: Partial<WantedLimitDto> | null) =>
      JSON.stringify([limit?.unit, limit?.window, limit?.time_zone, limit?.rolling]),
    { message: 'must have each unit and window once' },
  )
  @ValidateNested({ each: true })
  @Type(() => WantedLimitDto)
  limits?: WantedLimitDto[];

  @ApiPropertyOptional({
    type: [Number],
    nullable: true,
    example: [50, 80, 95, 100],
    description:
      'percentages of a limit that become an event when they are reached, once in each window; null: the defaults',
  })
  @ValidateIf((_: object, value: unknown) => value !== undefined && value !== null)
  @IsArray()
  @ArrayMinSize(0)
  @ArrayMaxSize(THRESHOLDS_MAX)
  @ArrayUnique()
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(1_000, { each: true })
  thresholds?: number[] | null;
}

/** `POST /metabolism/scopes`. */
export class CreateScopeDto extends ScopeSettingsDto {
  @ApiProperty({ example: 'research' })
  @IsText(NAME_MAX)
  name!: string;
}

/** `PATCH /metabolism/scopes/:scope_id`. */
export class ChangeScopeDto extends ScopeSettingsDto {
  @ApiPropertyOptional({ example: 'research', description: 'of a group' })
  @MayBeAbsent()
  @IsText(NAME_MAX)
  name?: string;
}

/** `:scope_id` of a path. */
export class ScopeIdParam {
  @ApiProperty({ example: 'agent:invoice-bot', pattern: SCOPE_ID.source })
  @IsScopeId()
  scope_id!: string;
}

/** `GET /metabolism/scopes`. */
export class ScopesQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'substrate', description: 'only those directly below this scope' })
  @MayBeAbsent()
  @IsScopeId()
  parent_id?: string;
}

/** `POST /metabolism/scopes/:scope_id/debt`. */
export class RelieveDto {
  @ApiProperty({ format: 'uuid', description: 'the limit in debt' })
  @IsUUID('all', { message: 'must be a UUID' })
  limit_id!: string;

  @ApiProperty({
    enum: ['forgive', 'fund'],
    description:
      '`forgive`: the window bears so much less; `fund`: it may bear so much more. The ledger stays as it is.',
  })
  @IsIn(['forgive', 'fund'])
  how!: 'forgive' | 'fund';

  @ApiPropertyOptional({ example: 12.5, description: 'the whole debt unless given' })
  @MayBeAbsent()
  @IsAmount({ above: 'zero', below: BUDGET_BELOW })
  amount?: number;

  @ApiProperty({ example: 'the vendor refunded it' })
  @IsText(1_000)
  reason!: string;
}

/** A scope and its limits as they are now. */
export class ScopeDto {
  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  scope_id!: string;

  @ApiProperty({ enum: ['substrate', 'group', 'agent'] })
  kind!: ScopeKind;

  @ApiProperty({ type: String, nullable: true, example: 'research' })
  name!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'substrate' })
  parent_id!: string | null;

  @ApiProperty({ type: [Number], example: [50, 80, 95, 100] })
  thresholds!: number[];

  @ApiProperty({ type: () => [LimitDto] })
  limits!: LimitDto[];
}

/** A scope after a command. */
export class ScopeChangedDto extends ScopeDto {
  @ApiProperty()
  event!: EventReferenceDto;
}

/** What lifting a debt answers. */
export class RelievedDto {
  @ApiProperty({ example: 12.5 })
  relieved!: number;

  @ApiProperty({ type: () => LimitDto })
  limit!: LimitDto;

  @ApiProperty()
  event!: EventReferenceDto;
}
