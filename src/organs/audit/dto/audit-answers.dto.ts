import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { EventReferenceDto } from '../../../platform/http/answers.js';

const HASH = '9f2c1b7e64a0d3a5c8f7e6b5d4c3b2a19f2c1b7e64a0d3a5c8f7e6b5d4c3b2a1';

class PartyDto {
  @ApiProperty({ example: 'agent' })
  type!: string;

  @ApiProperty({ example: 'invoice-bot' })
  id!: string;
}

/** One event: its place in the chain and the members of its body. */
export class EventDto {
  @ApiProperty({ example: 17 })
  id!: number;

  @ApiProperty({ example: HASH })
  hash!: string;

  @ApiProperty({ example: 1, description: 'version of the format' })
  v!: number;

  @ApiProperty({ type: Number, nullable: true, example: 16 })
  previous_event_id!: number | null;

  @ApiProperty({ type: String, nullable: true, example: HASH })
  previous_hash!: string | null;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  occurred_at!: string;

  @ApiProperty()
  actor!: PartyDto;

  @ApiProperty({ example: 'actions.authorize' })
  type!: string;

  @ApiProperty({ enum: ['succeeded', 'denied', 'failed'] })
  outcome!: string;

  @ApiProperty({ type: () => PartyDto, nullable: true })
  subject!: PartyDto | null;

  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b' })
  request_id!: string;

  @ApiProperty({ type: Number, nullable: true, example: null })
  caused_by!: number | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { action_type: 'email.send', cost: { amount: '2', unit: 'usd' } },
  })
  payload!: object;

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  effects!: object[];
}

/** One event with the exact text that was hashed. */
export class EventDetailDto extends EventDto {
  @ApiProperty({
    example: '{"actor":{"id":"invoice-bot","type":"agent"},…}',
    description: 'hash = SHA-256(0x00 || body)',
  })
  body!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'JSON of which the body has the digest alone: text by member, as long as it is kept',
  })
  texts?: Record<string, string>;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'hex, of texts about a person: `<member>_salted` in the body is SHA-256(salt || text)',
  })
  salts?: Record<string, string>;
}

/** What an erasure answers. */
export class ErasedDto {
  @ApiProperty({ example: 17 })
  event_id!: number;

  @ApiProperty({ type: [String], example: ['payload'] })
  erased!: string[];

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  timestamp!: string;

  @ApiProperty()
  event!: EventReferenceDto;
}

class HeadDto {
  @ApiProperty({ example: 1042 })
  id!: number;

  @ApiProperty({ type: String, nullable: true, example: HASH })
  hash!: string | null;
}

class BreakDto {
  @ApiProperty({ example: 17 })
  event_id!: number;

  @ApiProperty({ example: 'the hash is not that of the body' })
  reason!: string;
}

/** What a verification found. */
export class VerificationDto {
  @ApiProperty({ example: true })
  valid!: boolean;

  @ApiProperty({ example: 1042 })
  events_checked!: number;

  @ApiProperty({ description: 'the end of the log when the verification began' })
  head!: HeadDto;

  @ApiProperty({ type: () => BreakDto, nullable: true })
  first_break!: BreakDto | null;

  @ApiProperty({ example: 21 })
  duration_ms!: number;
}

class TreeHeadDto {
  @ApiProperty({ example: 1042, description: 'number of events' })
  size!: number;

  @ApiProperty({
    example: 'nywbfmSg06XI9+a11MOyoZ8sG35koNOlyPfmtdTDsqE=',
    description: 'root of the Merkle tree, base64',
  })
  root!: string;
}

/** Proof that one tree is the beginning of another one: RFC 9162, section 2.1.4. */
export class ConsistencyDto {
  @ApiProperty()
  first!: TreeHeadDto;

  @ApiProperty()
  second!: TreeHeadDto;

  @ApiProperty({ type: [String], description: 'hashes, base64' })
  proof!: string[];
}
