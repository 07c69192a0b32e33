import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { PrincipalParam } from '../../access/params.js';
import { Submission, type Principal } from '../../event-log/command.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { AnomaliesRepository } from './anomalies.repository.js';
import { decideAnomalyCommand } from './anomaly.command.js';
import { AnomaliesQuery, AnomalyDecidedDto, AnomalyDto, AnomalyParam, DecideAnomalyDto } from './dto/anomaly.dto.js';

const IN_PATH = { type: 'finding', in: 'params', member: 'event_id' } as const;

/** What is unusual in what sensors report, and what people decide about it. */
@ApiTags('Observations')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('anomalies')
export class AnomaliesController {
  constructor(private readonly anomalies: AnomaliesRepository) {}

  @Get()
  @Allows('immune.read', { summary: 'Anomalies in observations, oldest first' })
  @ApiPage(AnomalyDto)
  list(@Query() query: AnomaliesQuery, @PrincipalParam() principal: Principal) {
    return this.anomalies.list(query, principal);
  }

  @Post(':event_id/resolve')
  @HttpCode(200)
  @Commands('immune.resolve_anomaly', 'anomalies.decide', {
    summary: 'Say that what an anomaly tells of is over',
    description: 'Any finding can be decided upon, once.',
    subject: IN_PATH,
  })
  @ApiOkResponse({ type: AnomalyDecidedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  resolve(@Param() { event_id: eventId }: AnomalyParam, @Body() { reason }: DecideAnomalyDto): Submission {
    return Submission.of(decideAnomalyCommand(eventId, 'resolved', reason));
  }

  @Post(':event_id/dismiss')
  @HttpCode(200)
  @Commands('immune.dismiss_anomaly', 'anomalies.decide', {
    summary: 'Say that an anomaly was none',
    description: 'Any finding can be decided upon, once.',
    subject: IN_PATH,
  })
  @ApiOkResponse({ type: AnomalyDecidedDto })
  @ApiProblems(404, 409, 413, 415, 422)
  dismiss(@Param() { event_id: eventId }: AnomalyParam, @Body() { reason }: DecideAnomalyDto): Submission {
    return Submission.of(decideAnomalyCommand(eventId, 'dismissed', reason));
  }
}
