import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows } from '../../access/decorators.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { AgentIdParam } from '../../platform/http/route-params.js';
import { HeartbeatDto } from './dto/permit.dto.js';
import { Leases } from './leases.js';

/** Heartbeats. They stand here and not with the agents, since they renew the leases of actions. */
@ApiTags('Agents')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('agents')
export class LeasesController {
  constructor(private readonly leases: Leases) {}

  @Post(':agent_id/heartbeat')
  @HttpCode(200)
  @Allows('actions.perform', {
    summary: 'Say that the agent lives, and renew the permits of its running actions; no event',
    description: 'A quarantined agent is heard of and gets no permit. Orders to stop come along.',
  })
  @ApiOkResponse({ type: HeartbeatDto })
  heartbeat(@Param() { agent_id: agentId }: AgentIdParam): Promise<HeartbeatDto> {
    return this.leases.heartbeat(agentId);
  }
}
