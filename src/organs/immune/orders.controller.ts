import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { PrincipalParam } from '../../access/params.js';
import { Submission, type Principal } from '../../event-log/command.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { Disconnected } from '../../platform/http/disconnected.js';
import { AgentIdParam } from '../../platform/http/route-params.js';
import {
  OpenOrdersDto,
  OpenOrdersQuery,
  StopConfirmedDto,
  StopOrderDto,
  StopOrderParam,
  StopOrdersQuery,
} from './dto/stop-order.dto.js';
import { Orders } from './orders.js';
import { confirmStopCommand } from './stop.commands.js';
import { StopOrdersRepository } from './stop-orders.repository.js';

/** Orders to stop: agents wait for them and confirm, people see what became of them. */
@ApiTags('Immune')
@ApiProblems(400, 401, 403, 429, 503)
@Controller()
export class OrdersController {
  constructor(
    private readonly orders: Orders,
    private readonly repository: StopOrdersRepository,
  ) {}

  @Get('agents/:agent_id/orders')
  @Allows('actions.perform', {
    summary: 'Orders to stop that the agent has not confirmed; waits for one',
    description: 'Answers at once where there is one, else when one is made on any replica, or empty at the end.',
  })
  @ApiOkResponse({ type: OpenOrdersDto })
  open(
    @Param() { agent_id: agentId }: AgentIdParam,
    @Query() { wait_seconds: seconds }: OpenOrdersQuery,
    @Disconnected() signal: AbortSignal,
  ): Promise<OpenOrdersDto> {
    return this.orders.open(agentId, seconds, signal);
  }

  @Post('agents/:agent_id/orders/:order_id/confirm')
  @HttpCode(200)
  @Commands('immune.confirm_stop', 'actions.perform', {
    summary: 'Confirm that the agent has stopped; late is better than never',
    subject: { type: 'stop_order', in: 'params', member: 'order_id' },
  })
  @ApiOkResponse({ type: StopConfirmedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  confirm(@Param() { agent_id: agentId, order_id: orderId }: StopOrderParam): Submission {
    return Submission.of(confirmStopCommand(agentId, orderId.toLowerCase()));
  }

  @Get('immune/orders')
  @Allows('immune.read', { summary: 'Orders to stop and what agents said of them, oldest first' })
  @ApiPage(StopOrderDto)
  list(@Query() query: StopOrdersQuery, @PrincipalParam() principal: Principal) {
    return this.repository.list(query, principal);
  }
}
