import { ApiProperty } from '@nestjs/swagger';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { StopOrderDto } from '../../immune/index.js';

const ACTION_ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
/** The form of a permit, shortened. */
export const PERMIT_EXAMPLE =
  'eyJhbGciOiJFZERTQSIsInR5cCI6InBlcm1pdCtqd3QifQ.eyJhY3Rpb25fdHlwZSI6ImVtYWlsLnNlbmQifQ.c2lnbmF0dXJl';

/** A deferred action that may run now. */
export class BegunDto {
  @ApiProperty({ example: ACTION_ID })
  action_id!: string;

  @ApiProperty({ example: 'authorized' })
  status!: string;

  @ApiProperty({ example: '2026-01-31T12:05:00.000000Z' })
  begun_at!: string;

  @ApiProperty({
    example: '2026-01-31T12:15:00.000000Z',
    description: 'not completed by then, the hold is booked whole',
  })
  expires_at!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: PERMIT_EXAMPLE,
    description: 'what tool servers check (EdDSA JWT); null where the payload was erased meanwhile',
  })
  permit!: string | null;

  @ApiProperty({
    example: '2026-01-31T12:06:00.000000Z',
    description: 'the permit holds until then; heartbeats renew it',
  })
  lease_expires_at!: string;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** A renewed lease. */
export class LeaseDto {
  @ApiProperty({ example: ACTION_ID })
  action_id!: string;

  @ApiProperty({ example: PERMIT_EXAMPLE })
  permit!: string;

  @ApiProperty({ example: '2026-01-31T12:06:00.000000Z' })
  lease_expires_at!: string;
}

/** What a heartbeat answers. */
export class HeartbeatDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: '2026-01-31T12:05:00.000000Z' })
  last_seen!: string;

  @ApiProperty({
    type: () => [LeaseDto],
    description: 'of the running actions, newest first; none where the agent may not act',
  })
  leases!: LeaseDto[];

  @ApiProperty({ type: () => [StopOrderDto], description: 'orders to stop that are not confirmed' })
  orders!: StopOrderDto[];
}

/** A public key of permits (RFC 8037). */
export class JwkDto {
  @ApiProperty({ enum: ['OKP'] })
  kty!: string;

  @ApiProperty({ enum: ['Ed25519'] })
  crv!: string;

  @ApiProperty({ example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' })
  x!: string;

  @ApiProperty({ example: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', description: 'RFC 7638 thumbprint' })
  kid!: string;

  @ApiProperty({ enum: ['sig'] })
  use!: string;

  @ApiProperty({ enum: ['EdDSA'] })
  alg!: string;
}

/** The key set of permits (RFC 7517). */
export class JwksDto {
  @ApiProperty({ type: () => [JwkDto] })
  keys!: JwkDto[];
}
