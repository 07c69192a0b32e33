import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { CallerParam, PrincipalParam } from '../../access/params.js';
import { Submission, type Caller, type Principal } from '../../event-log/command.js';
import type { RawBatch } from '../../event-log/fingerprints.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { RawBody } from '../../platform/http/raw-body.js';
import { ActionsRepository } from './actions.repository.js';
import { ActionsRequests } from './actions.requests.js';
import {
  ActionDto,
  ActionsPageDto,
  AuthorizedBatchDto,
  AuthorizedDto,
  CompletedDto,
} from './dto/action-answers.dto.js';
import {
  ActionIdParam,
  ActionsQuery,
  AuthorizeBatchDto,
  AuthorizeDto,
  CompleteDto,
} from './dto/action-requests.dto.js';
import { BegunDto } from './dto/permit.dto.js';

/** What agents do: asked for, held and recorded first, settled afterwards. */
@ApiTags('Actions')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('actions')
export class ActionsController {
  constructor(
    private readonly actions: ActionsRepository,
    private readonly requests: ActionsRequests,
  ) {}

  @Post()
  @HttpCode(201)
  @Commands('actions.authorize', 'actions.perform', {
    summary: 'Ask to act: holds the budget and records the action before it runs',
    description:
      'Checked in this order: terminated, quarantined, state, capability, approval, throttle, budget, probation. With `escalation_id`: standing, and that it was approved for exactly this. Each refusal is in the log.',
  })
  @ApiCreatedResponse({ type: AuthorizedDto })
  @ApiProblems(402, 404, 409, 413, 415, 422)
  authorize(@Body() body: AuthorizeDto, @CallerParam() caller: Caller): Submission {
    return this.requests.authorize(caller.id, body);
  }

  @Post('batch')
  @HttpCode(200)
  @Commands('actions.authorize', 'actions.perform', {
    summary: 'Ask for up to 1,000 actions, decided in order in one transaction, one event each',
  })
  @ApiOkResponse({ type: AuthorizedBatchDto })
  @ApiProblems(413, 415, 422)
  authorizeBatch(@Body() body: AuthorizeBatchDto, @RawBody() raw: RawBatch, @CallerParam() caller: Caller): Submission {
    return this.requests.authorizeBatch(caller.id, body, raw);
  }

  @Post(':action_id/begin')
  @HttpCode(200)
  @Commands('actions.begin', 'actions.perform', {
    summary: 'Begin a deferred action: gives its permit',
    description: 'Standing, state and capability are checked again; the budget is held already.',
    subject: { type: 'action', in: 'params', member: 'action_id' },
  })
  @ApiOkResponse({ type: BegunDto })
  @ApiProblems(404, 409, 413, 415, 422)
  begin(@Param() { action_id: id }: ActionIdParam, @CallerParam() caller: Caller): Submission {
    return this.requests.begin(caller.id, id);
  }

  @Post(':action_id/complete')
  @HttpCode(200)
  @Commands('actions.complete', 'actions.perform', {
    summary: 'Say how an action ended and what it cost',
    description: 'The real cost is booked whole. To cancel, complete as failed with cost 0.',
    subject: { type: 'action', in: 'params', member: 'action_id' },
  })
  @ApiOkResponse({ type: CompletedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  complete(
    @Param() { action_id: id }: ActionIdParam,
    @Body() body: CompleteDto,
    @CallerParam() caller: Caller,
  ): Submission {
    return Submission.of(this.requests.complete(caller.id, id, body));
  }

  @Get()
  @Allows('actions.read', { summary: 'Actions, in the order of their authorization' })
  @ApiOkResponse({ type: ActionsPageDto })
  list(@Query() query: ActionsQuery, @PrincipalParam() principal: Principal): Promise<ActionsPageDto> {
    return this.actions.list(query, principal);
  }

  @Get(':action_id')
  @Allows('actions.read', { summary: 'One action' })
  @ApiOkResponse({ type: ActionDto })
  @ApiProblems(404)
  one(@Param() { action_id: id }: ActionIdParam, @PrincipalParam() principal: Principal): Promise<ActionDto> {
    return this.actions.one(id, principal);
  }
}
