import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../../access/decorators.js';
import { CallerParam, PrincipalParam } from '../../../access/params.js';
import { Submission, type Caller, type Principal } from '../../../event-log/command.js';
import { ApiProblems } from '../../../platform/http/answers.js';
import { ApiPage } from '../../../platform/http/api-page.js';
import { IdParam } from '../../../platform/http/route-params.js';
import {
  DecideDto,
  EscalateDto,
  EscalatedDto,
  EscalationDetailDto,
  EscalationDto,
  EscalationsQuery,
} from '../dto/escalation.dto.js';
import { approveCommand, denyCommand } from './decide.commands.js';
import { EscalationsRepository } from './escalations.repository.js';
import { EscalationsRequests } from './escalations.requests.js';

const IN_PATH = { type: 'escalation', in: 'params', member: 'id' } as const;

/** What agents may not do by themselves, and what people decide on it. */
@ApiTags('Escalations')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('escalations')
export class EscalationsController {
  constructor(
    private readonly escalations: EscalationsRepository,
    private readonly requests: EscalationsRequests,
  ) {}

  @Post()
  @HttpCode(201)
  @Commands('arbiter.escalate', 'actions.perform', {
    summary: 'Ask people for an action beyond means, capability or the present state',
    description: 'Nothing is held. What is approved is then done with POST /actions and `escalation_id`.',
  })
  @ApiCreatedResponse({ type: EscalatedDto })
  @ApiProblems(409, 413, 415, 422)
  ask(@Body() body: EscalateDto, @CallerParam() caller: Caller): Submission {
    return this.requests.ask(caller.id, body);
  }

  @Post(':id/approve')
  @HttpCode(200)
  @Commands('arbiter.approve', 'escalations.decide', {
    summary: 'Approve exactly what was asked for',
    description: 'Nobody approves for an agent that they registered or whose key they issued.',
    subject: IN_PATH,
  })
  @ApiOkResponse({ type: EscalatedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  approve(@Param() { id }: IdParam, @Body() { reason }: DecideDto): Submission {
    return Submission.of(approveCommand(id.toLowerCase(), reason));
  }

  @Post(':id/deny')
  @HttpCode(200)
  @Commands('arbiter.deny', 'escalations.decide', {
    summary: 'Deny it: one no ends it, also after approvals, until it is used',
    subject: IN_PATH,
  })
  @ApiOkResponse({ type: EscalatedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  deny(@Param() { id }: IdParam, @Body() { reason }: DecideDto): Submission {
    return Submission.of(denyCommand(id.toLowerCase(), reason));
  }

  @Get()
  @Allows('escalations.read', { summary: 'Escalations, in the order they were asked' })
  @ApiPage(EscalationDto)
  list(@Query() query: EscalationsQuery, @PrincipalParam() principal: Principal) {
    return this.escalations.list(query, principal);
  }

  @Get(':id')
  @Allows('escalations.read', {
    summary: 'One escalation: the exact payload, what stood in the way, time left, approvals, and the agent',
  })
  @ApiOkResponse({ type: EscalationDetailDto })
  @ApiProblems(404)
  one(@Param() { id }: IdParam, @PrincipalParam() principal: Principal): Promise<EscalationDetailDto> {
    return this.escalations.one(id.toLowerCase(), principal);
  }
}
