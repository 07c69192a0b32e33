import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { Submission } from '../../event-log/command.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { PageQuery } from '../../platform/http/paging.js';
import { ArbiterRepository } from './arbiter.repository.js';
import { StateDto, StateMoveDto, TransitionDto, TransitionedDto } from './dto/state.dto.js';
import { SetStatePolicyDto, StateParam, StatePolicyDto, StatePolicySetDto } from './dto/state-policy.dto.js';
import { setStatePolicyCommand } from './state-policy.commands.js';
import { transitionCommand } from './transition.command.js';

/** The state of the whole substrate. */
@ApiTags('State')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('state')
export class ArbiterController {
  constructor(private readonly arbiter: ArbiterRepository) {}

  @Get()
  @Allows('state.read', { summary: 'The present state, since when, what it changes, and what the system may do next' })
  @ApiOkResponse({ type: StateDto })
  state(): Promise<StateDto> {
    return this.arbiter.state();
  }

  @Post('transition')
  @HttpCode(200)
  @Commands('arbiter.transition', 'state.alert', {
    summary: 'Move the state',
    description:
      'observe → alert, defend · alert → act, observe, defend · act → observe, defend · defend → observe. An operator moves it to alert only. No dwell time binds people.',
  })
  @ApiOkResponse({ type: TransitionedDto })
  @ApiProblems(409, 413, 415, 422)
  transition(@Body() { to_state: to, trigger }: TransitionDto): Submission {
    return Submission.of(transitionCommand(to, trigger));
  }

  @Get('history')
  @Allows('state.read', { summary: 'The moves of the state, latest first' })
  @ApiPage(StateMoveDto)
  history(@Query() query: PageQuery) {
    return this.arbiter.history(query);
  }

  @Get('policies')
  @Allows('policies.read', { summary: 'What each state does' })
  @ApiPage(StatePolicyDto)
  policies() {
    return this.arbiter.policies();
  }

  @Put('policies/:state')
  @Commands('arbiter.set_state_policy', 'policies.manage', {
    summary: 'Change what a state does',
    description: 'In force from its event on, for the present state as well.',
    subject: { type: 'state', in: 'params', member: 'state' },
  })
  @ApiOkResponse({ type: StatePolicySetDto })
  @ApiProblems(409, 413, 415, 422)
  setPolicy(
    @Param() { state }: StateParam,
    @Body() { expected_version: expected, ...terms }: SetStatePolicyDto,
  ): Submission {
    return Submission.of(setStatePolicyCommand({ state, ...terms }, expected ?? null));
  }
}
