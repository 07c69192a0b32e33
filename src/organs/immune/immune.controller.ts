import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { PrincipalParam } from '../../access/params.js';
import { Submission, type Principal } from '../../event-log/command.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { AgentIdParam } from '../../platform/http/route-params.js';
import {
  ImmuneStatusDto,
  PolicyDto,
  QuarantineDto,
  QuarantinedDto,
  QuarantinesQuery,
  ReleaseDto,
  ReleasedDto,
  StandingDto,
  TerminatedDto,
} from './dto/immune.dto.js';
import { ImmuneRepository } from './immune.repository.js';
import { quarantineCommand, releaseCommand, terminateCommand } from './quarantine.commands.js';

const IN_BODY = { type: 'agent', in: 'body', member: 'agent_id' } as const;

/** Isolation of agents: by people here, by policies on their own. */
@ApiTags('Immune')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('immune')
export class ImmuneController {
  constructor(private readonly immune: ImmuneRepository) {}

  @Post('quarantine')
  @HttpCode(200)
  @Commands('immune.quarantine', 'immune.quarantine', {
    summary: 'Isolate an agent',
    description: 'In force for the next command anywhere. It freezes the budget and does not erase it.',
    subject: IN_BODY,
  })
  @ApiOkResponse({ type: QuarantinedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  quarantine(@Body() { agent_id: agentId, reason }: StandingDto): Submission {
    return Submission.of(quarantineCommand(agentId, reason));
  }

  @Post('release')
  @HttpCode(200)
  @Commands('immune.release', 'immune.release', { summary: 'Lift a quarantine', subject: IN_BODY })
  @ApiOkResponse({ type: ReleasedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  release(@Body() { agent_id: agentId, reason, probation }: ReleaseDto): Submission {
    return Submission.of(releaseCommand(agentId, reason, probation));
  }

  @Post('terminate')
  @HttpCode(200)
  @Commands('immune.terminate', 'immune.terminate', { summary: 'End an agent for good', subject: IN_BODY })
  @ApiOkResponse({ type: TerminatedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  terminate(@Body() { agent_id: agentId, reason }: StandingDto): Submission {
    return Submission.of(terminateCommand(agentId, reason));
  }

  @Get('status/:agent_id')
  @Allows('immune.read', { summary: 'Whether an agent is isolated, and why' })
  @ApiOkResponse({ type: ImmuneStatusDto })
  @ApiProblems(404)
  status(@Param() { agent_id: agentId }: AgentIdParam): Promise<ImmuneStatusDto> {
    return this.immune.status(agentId);
  }

  @Get('quarantine')
  @Allows('immune.read', { summary: 'Quarantines: who, why, since when, by whom, on what evidence' })
  @ApiPage(QuarantineDto)
  quarantines(@Query() query: QuarantinesQuery, @PrincipalParam() principal: Principal) {
    return this.immune.quarantines(query, principal);
  }

  @Get('policies')
  @Allows('policies.read', { summary: 'The rules by which agents are isolated' })
  @ApiPage(PolicyDto)
  policies() {
    return this.immune.policies();
  }
}
