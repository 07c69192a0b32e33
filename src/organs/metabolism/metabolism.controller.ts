import { Body, Controller, Get, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { PrincipalParam } from '../../access/params.js';
import { Submission, type Principal } from '../../event-log/command.js';
import { nanoOfNumber } from '../../platform/decimal.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { AgentIdParam } from '../../platform/http/route-params.js';
import { LedgerRepository } from './ledger.repository.js';
import { AllocateDto, AllocatedDto } from './dto/allocate.dto.js';
import { BudgetDto, BudgetQuery } from './dto/budget.dto.js';
import { CostsQuery, CostTotalsDto, LedgerExportQuery, LedgerPageDto, LedgerQuery } from './dto/ledger.dto.js';
import { allocateCommand } from './metabolism.commands.js';
import { MetabolismRepository } from './metabolism.repository.js';

/** Budgets and the books. */
@ApiTags('Metabolism')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('metabolism')
export class MetabolismController {
  constructor(
    private readonly budgets: MetabolismRepository,
    private readonly ledgers: LedgerRepository,
  ) {}

  @Post('allocate')
  @HttpCode(200)
  @Commands('metabolism.allocate', 'budgets.manage', {
    summary: 'Give an agent a budget for a window of hours',
    description:
      'Sets a fresh window: open holds carry over, debt is paid from it first. The agent need not be registered yet.',
    subject: { type: 'agent', in: 'body', member: 'agent_id' },
  })
  @ApiOkResponse({ type: AllocatedDto })
  @ApiProblems(413, 415, 422)
  allocate(@Body() { agent_id: agentId, total_budget: total, window_hours: hours, unit }: AllocateDto): Submission {
    return Submission.of(allocateCommand({ agentId, total: nanoOfNumber(total), hours, unit }));
  }

  @Get('budget/:agent_id')
  @Allows('budgets.read', { summary: 'The budget of an agent, as it is now' })
  @ApiOkResponse({ type: BudgetDto })
  budget(@Param() { agent_id: agentId }: AgentIdParam, @Query() { unit }: BudgetQuery): Promise<BudgetDto> {
    return this.budgets.budget(agentId, unit);
  }

  @Get('ledger')
  @Allows('budgets.read', { summary: 'Every cost, in the order it was booked' })
  @ApiOkResponse({ type: LedgerPageDto })
  ledger(@Query() query: LedgerQuery, @PrincipalParam() principal: Principal): Promise<LedgerPageDto> {
    return this.ledgers.ledger(query, principal);
  }

  @Get('ledger/export')
  @Allows('budgets.read', { summary: 'The ledger as NDJSON or CSV with exact decimals, a row a line' })
  @ApiProduces('application/x-ndjson', 'text/csv')
  @ApiOkResponse({
    content: { 'application/x-ndjson': { schema: { type: 'string' } }, 'text/csv': { schema: { type: 'string' } } },
  })
  export(@Query() query: LedgerExportQuery, @PrincipalParam() principal: Principal): StreamableFile {
    const type = query.format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
    return new StreamableFile(this.ledgers.export(query, principal), { type });
  }

  @Get('costs')
  @Allows('budgets.read', { summary: 'Totals of the ledger, and as time series' })
  @ApiOkResponse({ type: CostTotalsDto })
  costs(@Query() query: CostsQuery, @PrincipalParam() principal: Principal): Promise<CostTotalsDto> {
    return this.ledgers.costs(query, principal);
  }
}
