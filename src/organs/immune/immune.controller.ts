import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { PrincipalParam } from '../../access/params.js';
import { asBatch } from '../../event-log/batch.js';
import { Submission, type Principal } from '../../event-log/command.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { AgentIdParam } from '../../platform/http/route-params.js';
import {
  ImmuneStatusDto,
  QuarantineBatchDto,
  QuarantineDto,
  QuarantinedBatchDto,
  QuarantinedDto,
  QuarantinesQuery,
  ReleaseDto,
  ReleasedDto,
  StandingDto,
  TerminatedDto,
} from './dto/immune.dto.js';
import { Backtests } from './backtests.js';
import { BacktestDto, BacktestedDto } from './dto/backtest.dto.js';
import { ImmuneFindingDto, ImmuneFindingsQuery } from './dto/finding.dto.js';
import { termsOf } from './dto/is-probation.js';
import { PolicyDto, PolicyIdParam, PolicySetDto, SetPolicyDto } from './dto/policy.dto.js';
import { ImmuneRepository } from './immune.repository.js';
import { setPolicyCommand } from './policies.commands.js';
import { quarantineCommand } from './quarantine.commands.js';
import { releaseCommand } from './release.command.js';
import { terminateCommand } from './terminate.command.js';

const IN_BODY = { type: 'agent', in: 'body', member: 'agent_id' } as const;

/** Isolation of agents: by people here, by policies on their own. */
@ApiTags('Immune')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('immune')
export class ImmuneController {
  constructor(
    private readonly immune: ImmuneRepository,
    private readonly backtests: Backtests,
  ) {}

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

  @Post('quarantine/batch')
  @HttpCode(200)
  @Commands('immune.quarantine', 'immune.quarantine', {
    summary: 'Isolate up to 1,000 agents in one transaction, one event each',
  })
  @ApiOkResponse({ type: QuarantinedBatchDto })
  @ApiProblems(413, 415, 422)
  quarantineBatch(@Body() { items }: QuarantineBatchDto): Submission {
    return asBatch(items.map(({ agent_id: agentId, reason }) => ({ command: quarantineCommand(agentId, reason) })));
  }

  @Post('release')
  @HttpCode(200)
  @Commands('immune.release', 'immune.release', { summary: 'Lift a quarantine', subject: IN_BODY })
  @ApiOkResponse({ type: ReleasedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  release(@Body() { agent_id: agentId, reason, probation }: ReleaseDto): Submission {
    return Submission.of(releaseCommand(agentId, reason, termsOf(probation)));
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

  @Get('findings')
  @Allows('immune.read', { summary: 'What detectors found: metric, expected, observed, window and evidence' })
  @ApiPage(ImmuneFindingDto)
  findings(@Query() query: ImmuneFindingsQuery, @PrincipalParam() principal: Principal) {
    return this.immune.findings(query, principal);
  }

  @Put('policies/:policy_id')
  @Commands('immune.set_policy', 'policies.manage', {
    summary: 'Make a policy, or change it',
    description: 'In force from its event on. POST /immune/policies/backtest tells first what it would have done.',
    subject: { type: 'policy', in: 'params', member: 'policy_id' },
  })
  @ApiOkResponse({ type: PolicySetDto })
  @ApiProblems(409, 413, 415, 422)
  setPolicy(
    @Param() { policy_id: id }: PolicyIdParam,
    @Body() { expected_version: expected, ...rule }: SetPolicyDto,
  ): Submission {
    return Submission.of(setPolicyCommand({ id, ...rule }, expected ?? null));
  }

  @Post('policies/backtest')
  @HttpCode(200)
  @Allows('policies.manage', {
    summary: 'Try policies on the recorded log',
    description: 'Whom they would have isolated, when and why, beside what happened. Nothing is recorded.',
  })
  @ApiOkResponse({ type: BacktestedDto })
  @ApiProblems(409, 413, 415)
  backtest(@Body() body: BacktestDto): Promise<BacktestedDto> {
    return this.backtests.run(body);
  }

  @Get('policies')
  @Allows('policies.read', { summary: 'The rules by which agents are isolated' })
  @ApiPage(PolicyDto)
  policies() {
    return this.immune.policies();
  }
}
