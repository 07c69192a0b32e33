import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { v7 as uuidv7 } from 'uuid';
import { Allows, Commands } from '../../access/decorators.js';
import { PrincipalParam } from '../../access/params.js';
import { Submission, type Principal } from '../../event-log/command.js';
import { nanoOfNumber } from '../../platform/decimal.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { relieveCommand } from './debt.commands.js';
import {
  ChangeScopeDto,
  CreateScopeDto,
  RelievedDto,
  RelieveDto,
  ScopeChangedDto,
  ScopeDto,
  ScopeIdParam,
  ScopesQuery,
  type WantedLimitDto,
} from './dto/scope.dto.js';
import { HOUR_SECONDS, type CalendarWindow } from './period.js';
import { changeScopeCommand, createScopeCommand, type ScopeChange, type WantedLimit } from './scopes.commands.js';
import { ScopesRepository } from './scopes.repository.js';

/** The hierarchy of budgets: an action must fit in every scope above its agent. */
@ApiTags('Metabolism')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('metabolism/scopes')
export class ScopesController {
  constructor(private readonly scopes: ScopesRepository) {}

  @Post()
  @HttpCode(201)
  @Commands('metabolism.create_scope', 'budgets.manage', { summary: 'Make a group, with its limits' })
  @ApiCreatedResponse({ type: ScopeChangedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  create(@Body() { name, ...body }: CreateScopeDto): Submission {
    return Submission.of(createScopeCommand(uuidv7(), { ...changeOf(body), name }));
  }

  @Get()
  @Allows('budgets.read', { summary: 'Scopes that something was said about, in the order of their ids' })
  @ApiPage(ScopeDto)
  list(@Query() query: ScopesQuery, @PrincipalParam() principal: Principal) {
    return this.scopes.list(query, principal);
  }

  @Get(':scope_id')
  @Allows('budgets.read', { summary: 'A scope and its limits, as they are now' })
  @ApiOkResponse({ type: ScopeDto })
  @ApiProblems(404)
  one(@Param() { scope_id: scopeId }: ScopeIdParam, @PrincipalParam() principal: Principal): Promise<ScopeDto> {
    return this.scopes.one(scopeId, principal);
  }

  @Patch(':scope_id')
  @HttpCode(200)
  @Commands('metabolism.change_scope', 'budgets.manage', {
    summary: 'Rename, move or limit a scope',
    description: 'What was spent stays where it was spent, and open holds settle where they were taken.',
    subject: { type: 'scope', in: 'params', member: 'scope_id' },
  })
  @ApiOkResponse({ type: ScopeChangedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  change(@Param() { scope_id: scopeId }: ScopeIdParam, @Body() body: ChangeScopeDto): Submission {
    return Submission.of(changeScopeCommand(scopeId, changeOf(body)));
  }

  @Post(':scope_id/debt')
  @HttpCode(200)
  @Commands('metabolism.forgive_debt', 'debts.settle', {
    summary: 'Forgive the debt of a limit, or fund it',
    description: 'Nothing is authorized below a scope in debt until the debt is paid, funded or forgiven.',
    subject: { type: 'scope', in: 'params', member: 'scope_id' },
  })
  @ApiOkResponse({ type: RelievedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  relieve(@Param() { scope_id: scopeId }: ScopeIdParam, @Body() body: RelieveDto): Submission {
    const { limit_id: limitId, how, amount, reason } = body;
    const nano = amount === undefined ? null : nanoOfNumber(amount);
    return Submission.of(relieveCommand({ scopeId, limitId: limitId.toLowerCase(), how, amount: nano, reason }));
  }
}

function changeOf(body: ChangeScopeDto): ScopeChange {
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.parent_id === undefined ? {} : { parentId: body.parent_id }),
    ...(body.thresholds === undefined ? {} : { thresholds: body.thresholds }),
    ...(body.limits === undefined ? {} : { limits: body.limits.map((limit) => wantedOf(limit)) }),
  };
}

/** Seconds of the windows that can roll. */
const ROLLING_SECONDS: Readonly<Record<Exclude<CalendarWindow, 'month'>, number>> = {
  minute: 60,
  hour: HOUR_SECONDS,
  day: 24 * HOUR_SECONDS,
  week: 168 * HOUR_SECONDS,
};

function wantedOf({ unit, limit, window, time_zone: zone, rolling }: WantedLimitDto): WantedLimit {
  return { unit, total: nanoOfNumber(limit), period: periodOf(window, zone, rolling) };
}

function periodOf(window: WantedLimitDto['window'], zone: string, rolling: boolean): WantedLimit['period'] {
  if (window === 'lifetime') return { kind: 'lifetime' };
  if (typeof window === 'number') return { kind: rolling ? 'rolling' : 'repeating', seconds: window * HOUR_SECONDS };
  if (rolling && window !== 'month') return { kind: 'rolling', seconds: ROLLING_SECONDS[window] };
  return { kind: 'calendar', every: window, time_zone: zone };
}
