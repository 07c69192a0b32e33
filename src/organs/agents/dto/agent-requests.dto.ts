import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { PageQuery } from '../../../platform/http/paging.js';
import { AgentIdParam } from '../../../platform/http/route-params.js';
import { IsActionType, IsAgentId, IsText } from '../../../platform/http/validators.js';
import { AGENT_STATUSES, AGENT_TYPES, type AgentStatus, type AgentType } from '../entities/agent.entity.js';
import { MayBeAbsent } from '../../../platform/http/may-be-absent.js';

/** Characters of a description. */
const DESCRIPTION_MAX = 1_000;
/** Characters of a source URI; what browsers and proxies take. */
const SOURCE_URI_MAX = 2_048;
/** Action types of one agent: an event's body holds them all. */
const CAPABILITIES_MAX = 64;
/** Longest grace of an old key, in seconds: a week. */
const GRACE_SECONDS_MAX = 604_800;

/** `PATCH /agents/:agent_id`: absent members stay, null clears. */
export class ChangeAgentDto {
  @ApiPropertyOptional({ type: String, nullable: true, example: 'Sends reminders for open invoices' })
  @ValidateIf((dto: ChangeAgentDto) => dto.description !== undefined && dto.description !== null)
  @IsText(DESCRIPTION_MAX)
  description?: string | null;

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    example: ['email.send'],
    description: 'action types that it may ask for; absent or null: any, []: none',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(CAPABILITIES_MAX)
  @ArrayUnique()
  @IsActionType({ each: true })
  capabilities?: string[] | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'https://git.example.com/agents/invoice-bot' })
  @ValidateIf((dto: ChangeAgentDto) => dto.source_uri !== undefined && dto.source_uri !== null)
  @MaxLength(SOURCE_URI_MAX)
  @Matches(/^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/, { message: 'must be an absolute URI' })
  source_uri?: string | null;
}

/** `POST /agents`. */
export class RegisterAgentDto extends ChangeAgentDto {
  @ApiProperty({ example: 'invoice-bot' })
  @IsAgentId()
  agent_id!: string;

  @ApiProperty({ enum: AGENT_TYPES })
  @IsIn(AGENT_TYPES)
  type!: AgentType;

  @ApiPropertyOptional({
    example: 'dispatcher',
    description: 'the agent that it is made by or for: it is isolated, released and ended with that one',
  })
  @MayBeAbsent()
  @IsAgentId()
  parent_id?: string;
}

/** `POST /agents/:agent_id/keys`. */
export class RotateKeyDto {
  @ApiPropertyOptional({
    example: 3600,
    minimum: 0,
    maximum: GRACE_SECONDS_MAX,
    default: 0,
    description: 'how long older keys live on',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(GRACE_SECONDS_MAX)
  grace_seconds: number = 0;
}

/** `:agent_id` and `:key_id` of a path. */
export class AgentKeyParam extends AgentIdParam {
  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', format: 'uuid' })
  @IsUUID('all', { message: 'must be a UUID' })
  key_id!: string;
}

/** `GET /agents`. */
export class AgentsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: AGENT_TYPES })
  @MayBeAbsent()
  @IsIn(AGENT_TYPES)
  type?: AgentType;

  @ApiPropertyOptional({ enum: AGENT_STATUSES })
  @MayBeAbsent()
  @IsIn(AGENT_STATUSES)
  status?: AgentStatus;
}
