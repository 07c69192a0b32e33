import { ApiProperty } from '@nestjs/swagger';
import { EventReferenceDto } from '../../../platform/http/answers.js';
import { AGENT_STATUSES, AGENT_TYPES, type AgentStatus, type AgentType } from '../entities/agent.entity.js';

const KEY_ID = '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';
const API_KEY = 'es_3vQ8nJ2kX7mB5tR1wY9zL4cF6hG0pDsAaEeUuIiOoZzN8r2K1';

/** A probation. */
export class ProbationDto {
  @ApiProperty({ example: '2026-02-01T12:00:00.000000Z' })
  until!: string;

  @ApiProperty({ example: 0.25, description: 'of each limit, counted from its release' })
  share!: number;
}

/** A throttle. */
export class ThrottleDto {
  @ApiProperty({ example: '2026-01-31T12:10:00.000000Z' })
  until!: string;

  @ApiProperty({ example: 6 })
  per_minute!: number;

  @ApiProperty({ example: 'call-rate', description: 'the policy that set it' })
  policy_id!: string;
}

/** A time in which each action needs an approval. */
export class SupervisionDto {
  @ApiProperty({ example: '2026-01-31T13:00:00.000000Z' })
  until!: string;

  @ApiProperty({ example: 'loop', description: 'the policy that set it' })
  policy_id!: string;
}

/** An agent. */
export class AgentDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ enum: AGENT_TYPES })
  type!: AgentType;

  @ApiProperty({ type: String, nullable: true, example: 'Sends reminders for open invoices' })
  description!: string | null;

  @ApiProperty({ type: [String], nullable: true, example: ['email.send'], description: 'null: any action type' })
  capabilities!: string[] | null;

  @ApiProperty({ type: String, nullable: true, example: 'https://git.example.com/agents/invoice-bot' })
  source_uri!: string | null;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  registered_at!: string;

  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', description: 'the user who registered it' })
  registered_by!: string;

  @ApiProperty({ enum: AGENT_STATUSES })
  status!: AgentStatus;

  @ApiProperty({ type: String, nullable: true, example: null })
  status_reason!: string | null;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  status_since!: string;

  @ApiProperty({ example: 12, description: 'the event that gave it this status' })
  status_event_id!: number;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'the agent that it is made by or for' })
  parent_id!: string | null;

  @ApiProperty({
    type: () => ProbationDto,
    nullable: true,
    description:
      'released on probation: until then it may use a share of its limits, and the next refusal for lack of budget isolates it again',
  })
  probation!: ProbationDto | null;

  @ApiProperty({
    type: () => ThrottleDto,
    nullable: true,
    description: 'until then it may begin so many actions a minute',
  })
  throttle!: ThrottleDto | null;

  @ApiProperty({
    type: () => SupervisionDto,
    nullable: true,
    description: 'until then it may act only with an approval',
  })
  supervision!: SupervisionDto | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'since when its heartbeats are missed' })
  silent_since!: string | null;
}

/** An agent in a list. */
export class AgentListedDto extends AgentDto {
  @ApiProperty({ type: String, nullable: true, example: '2026-01-31T12:05:00.000000Z', description: 'last heartbeat' })
  last_seen!: string | null;
}

/** A key, without its secret. */
export class AgentKeyDto {
  @ApiProperty({ example: KEY_ID })
  key_id!: string;

  @ApiProperty({ example: 'es_3vQ8nJ2' })
  prefix!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  created_at!: string;

  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', description: 'the user who issued it' })
  issued_by!: string;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'void from this moment' })
  expires_at!: string | null;
}

/** One agent with its keys. */
export class AgentDetailDto extends AgentListedDto {
  @ApiProperty({ type: () => [AgentKeyDto] })
  keys!: AgentKeyDto[];
}

/** A changed agent. */
export class AgentChangedDto extends AgentDto {
  @ApiProperty()
  event!: EventReferenceDto;
}

/** A registered agent and its first key. */
export class AgentRegisteredDto extends AgentChangedDto {
  @ApiProperty({ example: KEY_ID })
  key_id!: string;

  @ApiProperty({ type: String, nullable: true, example: API_KEY, description: 'shown this once; null in a replay' })
  api_key!: string | null;
}

/** A new key. */
export class KeyRotatedDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: KEY_ID })
  key_id!: string;

  @ApiProperty({ example: 'es_3vQ8nJ2' })
  prefix!: string;

  @ApiProperty({ type: String, nullable: true, example: API_KEY, description: 'shown this once; null in a replay' })
  api_key!: string | null;

  @ApiProperty({ example: '2026-01-31T13:00:00.000000Z' })
  older_keys_expire_at!: string;

  @ApiProperty()
  event!: EventReferenceDto;
}

/** A revoked key. */
export class KeyRevokedDto {
  @ApiProperty({ example: 'invoice-bot' })
  agent_id!: string;

  @ApiProperty({ example: KEY_ID })
  key_id!: string;

  @ApiProperty({ example: '2026-01-31T12:00:00.000000Z' })
  expires_at!: string;

  @ApiProperty()
  event!: EventReferenceDto;
}
