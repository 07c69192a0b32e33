import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { CallerParam, PrincipalParam } from '../../access/params.js';
import type { Caller, Principal, Submission } from '../../event-log/command.js';
import type { RawBatch } from '../../event-log/fingerprints.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { RawBody } from '../../platform/http/raw-body.js';
import { IdParam } from '../../platform/http/route-params.js';
import {
  ObservationDto,
  ObservationsQuery,
  ObserveBatchDto,
  ObservedBatchDto,
  ObservedDto,
  ObserveDto,
} from './dto/observation.dto.js';
import { ObservationRequests } from './observation.requests.js';
import { ObservationsRepository } from './observations.repository.js';

/** What sensors see. */
@ApiTags('Observations')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('observations')
export class ObservationsController {
  constructor(
    private readonly requests: ObservationRequests,
    private readonly observations: ObservationsRepository,
  ) {}

  @Post()
  @HttpCode(201)
  @Commands('immune.observe', 'actions.perform', {
    summary: 'Report what a sensor saw',
    description: 'For agents of the type sensor. It costs no budget, and its numbers are watched as series.',
  })
  @ApiCreatedResponse({ type: ObservedDto })
  @ApiProblems(409, 413, 415, 422)
  observe(@Body() body: ObserveDto, @CallerParam() caller: Caller): Submission {
    return this.requests.observe(caller.id, body);
  }

  @Post('batch')
  @HttpCode(200)
  @Commands('immune.observe', 'actions.perform', {
    summary: 'Report up to 1,000 observations in one transaction, one event each',
  })
  @ApiOkResponse({ type: ObservedBatchDto })
  @ApiProblems(413, 415, 422)
  observeBatch(@Body() body: ObserveBatchDto, @RawBody() raw: RawBatch, @CallerParam() caller: Caller): Submission {
    return this.requests.observeBatch(caller.id, body, raw);
  }

  @Get()
  @Allows('immune.read', { summary: 'Observations in the order of the log' })
  @ApiPage(ObservationDto)
  list(@Query() query: ObservationsQuery, @PrincipalParam() principal: Principal) {
    return this.observations.list(query, principal);
  }

  @Get(':id')
  @Allows('immune.read', { summary: 'One observation' })
  @ApiOkResponse({ type: ObservationDto })
  @ApiProblems(404)
  one(@Param() { id }: IdParam, @PrincipalParam() principal: Principal): Promise<ObservationDto> {
    return this.observations.one(id.toLowerCase(), principal);
  }
}
