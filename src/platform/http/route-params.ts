import { ApiProperty } from '@nestjs/swagger';
import { IsUUID, Matches } from 'class-validator';
import { AGENT_ID, EVENT_ID } from './patterns.js';

/** `:agent_id` of a path. */
export class AgentIdParam {
  @ApiProperty({ example: 'invoice-bot', pattern: AGENT_ID.source })
  @Matches(AGENT_ID, { message: 'must be an agent_id' })
  agent_id!: string;
}

/** `:id` of a path that is a UUID. */
export class IdParam {
  @ApiProperty({ example: '0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', format: 'uuid' })
  @IsUUID('all', { message: 'must be a UUID' })
  id!: string;
}

/** `:id` of a path that is an event's. */
export class EventIdParam {
  @ApiProperty({ example: '17', pattern: EVENT_ID.source })
  @Matches(EVENT_ID, { message: 'must be the id of an event: 1, 2, 3 …' })
  id!: string;
}
