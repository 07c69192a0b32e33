import { ApiProperty, ApiPropertyOptional, IntersectionType, OmitType, PartialType } from '@nestjs/swagger';
import { EventReferenceDto, ProblemDto } from '../../../platform/http/answers.js';
import { AmountDto, HOLD_STATUSES, type HoldStatus } from '../../metabolism/index.js';
import type { JsonObject } from '../../../platform/json.js';
import { PERMIT_EXAMPLE } from './permit.dto.js';

const ACTION_ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

/** An action that may run: its budget is held and its event is durable. */
export class AuthorizedDto {
  @ApiProperty({ example: ACTION_ID })
  action_id!: string;

  @ApiProperty({ example: 'authorized' })
  status!: string;

  @ApiProperty({ description: 'the first of `holds`' })
  reserved!: AmountDto;

  @ApiProperty({ type: () => [AmountDto], description: 'what is held, in the order it was asked for' })
  holds!: AmountDto[];

  @ApiProperty({ example: 18.3 })
  remaining_budget!: number;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  authorized_at!: string;

  @ApiProperty({
    example: '2026-01-31T12:15:00.000000Z',
    description: 'not completed by then, the hold is booked whole; given back where the action was never begun',
  })
  expires_at!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: PERMIT_EXAMPLE,
    description: 'what tool servers check (EdDSA JWT, keys at /.well-known/jwks.json); null for a deferred action',
  })
  permit!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2026-01-31T12:01:00.000000Z',
    description: 'the permit holds until then; heartbeats renew it',
  })
  lease_expires_at!: string | null;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** An action that has ended. */
export class CompletedDto {
  @ApiProperty({ example: ACTION_ID })
  action_id!: string;

  @ApiProperty({ enum: ['succeeded', 'failed', 'void'], description: 'void: cancelled before it was begun' })
  status!: string;

  @ApiProperty({ description: 'the first of `holds`' })
  reserved!: AmountDto;

  @ApiProperty({ type: () => [AmountDto], description: 'what is held, in the order it was asked for' })
  holds!: AmountDto[];

  @ApiProperty({ description: 'the first of `costs`' })
  cost!: AmountDto;

  @ApiProperty({ type: () => [AmountDto], description: 'what was booked in the end, in each unit that was held' })
  costs!: AmountDto[];

  @ApiProperty({ example: 18.6 })
  remaining_budget!: number;

  @ApiProperty({ example: 0 })
  debt!: number;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** A booked charge. */
export class ChargedDto {
  @ApiProperty({ example: ACTION_ID, description: 'the first of `ledger_ids`' })
  ledger_id!: string;

  @ApiProperty({ type: [String], example: [ACTION_ID], description: 'one row of the ledger for each unit' })
  ledger_ids!: string[];

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ description: 'the first of `costs`' })
  charged!: AmountDto;

  @ApiProperty({ type: () => [AmountDto] })
  costs!: AmountDto[];

  @ApiProperty({ example: 18.6 })
  remaining_budget!: number;

  @ApiProperty({ example: 0 })
  debt!: number;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** One item of a batch's answer: what the single route would answer, with the HTTP status as `status`. */
class BatchItemDto {
  @ApiProperty({ example: 201 })
  status!: number;

  @ApiPropertyOptional({ type: () => ProblemDto, description: 'why not; nothing else is there then' })
  problem?: ProblemDto;

  @ApiPropertyOptional({ example: true, description: 'the answer of an earlier use of the key' })
  idempotency_replayed?: boolean;
}

export class AuthorizedItemDto extends IntersectionType(
  BatchItemDto,
  PartialType(OmitType(AuthorizedDto, ['status'])),
) {}

/** What a batch of actions answers: one item for each, in order. */
export class AuthorizedBatchDto {
  @ApiProperty({ type: () => [AuthorizedItemDto] })
  items!: AuthorizedItemDto[];
}

export class ChargedItemDto extends IntersectionType(BatchItemDto, PartialType(ChargedDto)) {}

/** What a batch of charges answers: one item for each, in order. */
export class ChargedBatchDto {
  @ApiProperty({ type: () => [ChargedItemDto] })
  items!: ChargedItemDto[];
}

/** What a limit was given for an approved action. */
export class FundingDto {
  @ApiProperty({ example: 'agent:invoice-bot' })
  scope_id!: string;

  @ApiProperty({ example: ACTION_ID })
  limit_id!: string;

  @ApiProperty({ example: 'usd' })
  unit!: string;

  @ApiProperty({ example: 2.5 })
  amount!: number;
}

/** An action and its hold. */
export class ActionDto {
  @ApiProperty({ example: ACTION_ID })
  action_id!: string;

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: 'email.send' })
  action_type!: string;

  @ApiProperty({ enum: HOLD_STATUSES })
  status!: HoldStatus;

  @ApiProperty({ description: 'the first of `holds`' })
  reserved!: AmountDto;

  @ApiProperty({ type: () => [AmountDto], description: 'what is held, in the order it was asked for' })
  holds!: AmountDto[];

  @ApiProperty({
    type: () => AmountDto,
    nullable: true,
    description: 'the first of `costs`; null while the hold is open',
  })
  cost!: AmountDto | null;

  @ApiProperty({ type: () => [AmountDto], nullable: true, description: 'null while the hold is open' })
  costs!: AmountDto[] | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'usage and price that an amount was reckoned from',
  })
  pricing!: JsonObject | null;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  authorized_at!: string;

  @ApiProperty({ example: '2026-01-31T12:15:00.000000Z' })
  expires_at!: string;

  @ApiProperty({ example: 60, description: 'how long each of its permits lasts' })
  lease_seconds!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2026-01-31T12:00:00.000000Z',
    description: 'when its first permit was given out; null: deferred and not begun',
  })
  begun_at!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'the approved escalation that it was authorized on',
  })
  escalation_id!: string | null;

  @ApiProperty({
    type: () => [FundingDto],
    nullable: true,
    example: null,
    description: 'what limits were given so that it fits',
  })
  funded!: readonly FundingDto[] | null;

  @ApiProperty({ type: String, nullable: true, example: '2026-01-31T12:00:03.000000Z' })
  settled_at!: string | null;

  @ApiProperty({ example: 18, description: 'the authorization in the log' })
  event_id!: number;

  @ApiProperty({ type: Number, nullable: true, example: 19, description: 'the event that ended it last' })
  settled_event_id!: number | null;
}

/** A page of actions. */
export class ActionsPageDto {
  @ApiProperty({ type: () => [ActionDto] })
  items!: ActionDto[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}
