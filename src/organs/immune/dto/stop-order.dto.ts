import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsUUID, Max, Min } from 'class-validator';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';
import { PageQuery } from '../../../platform/http/paging.js';
import { AgentIdParam } from '../../../platform/http/route-params.js';
import { IsAgentId } from '../../../platform/http/validators.js';
import { STOP_KINDS, STOP_STATUSES, type StopKind, type StopStatus } from '../entities/stop-order.entity.js';

/** Longest wait for an order, in seconds: proxies cut requests that are silent for a minute. */
const WAIT_SECONDS_MAX = 30;
const ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

/** An order to stop, and what is known of it. */
export class StopOrderDto {
  @ApiProperty({ example: ID })
  id!: string;

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ enum: STOP_KINDS })
  kind!: StopKind;

  @ApiProperty({ example: 'asked for money.send' })
  reason!: string;

  @ApiProperty({
    type: [String],
    example: [ID],
    description: 'actions that were begun and open; `all` alone where there were too many to name',
  })
  actions!: string[];

  @ApiProperty({ enum: STOP_STATUSES, description: 'what the agent said: nothing here says that it has stopped' })
  status!: StopStatus;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  requested_at!: string;

  @ApiProperty({ example: 34, description: 'the event that ordered it' })
  event_id!: number;

  @ApiProperty({ example: '2026-01-31T12:00:30.000000Z', description: 'not confirmed by then, it is `unconfirmed`' })
  confirm_by!: string;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'when the agent confirmed' })
  answered_at!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: null })
  answered_event_id!: number | null;
}

/** The open orders of an agent. */
export class OpenOrdersDto {
  @ApiProperty({ type: () => [StopOrderDto] })
  items!: StopOrderDto[];
}

/** What a confirmation answers. */
export class StopConfirmedDto {
  @ApiProperty({ example: ID })
  order_id!: string;

  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: 'confirmed' })
  status!: string;

  @ApiProperty({ example: '2026-01-31T12:00:02.000000Z' })
  answered_at!: string;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** `GET /agents/:agent_id/orders`. */
export class OpenOrdersQuery {
  @ApiPropertyOptional({
    minimum: 0,
    maximum: WAIT_SECONDS_MAX,
    default: 0,
    description: 'how long to wait for an order where there is none',
  })
  @MayBeAbsent()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(WAIT_SECONDS_MAX)
  wait_seconds: number = 0;
}

/** `GET /immune/orders`. */
export class StopOrdersQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'invoice-bot' })
  @MayBeAbsent()
  @IsAgentId()
  agent_id?: string;

  @ApiPropertyOptional({ enum: STOP_STATUSES })
  @MayBeAbsent()
  @IsIn(STOP_STATUSES)
  status?: StopStatus;
}

/** `:agent_id` and `:order_id` of a path. */
export class StopOrderParam extends AgentIdParam {
  @ApiProperty({ example: ID, format: 'uuid' })
  @IsUUID('all', { message: 'must be a UUID' })
  order_id!: string;
}
