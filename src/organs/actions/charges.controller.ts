import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Commands } from '../../access/decorators.js';
import { CallerParam } from '../../access/params.js';
import { Submission, type Caller } from '../../event-log/command.js';
import type { RawBatch } from '../../event-log/fingerprints.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { RawBody } from '../../platform/http/raw-body.js';
import { ActionsRequests } from './actions.requests.js';
import { ChargedBatchDto, ChargedDto } from './dto/action-answers.dto.js';
import { ChargeBatchDto, ChargeDto } from './dto/charge.dto.js';

/** Costs after the fact. They stand here and not with the metabolism, since an agent's standing and the state decide on them. */
@ApiTags('Metabolism')
@ApiProblems(400, 401, 402, 403, 413, 415, 422, 429, 503)
@Controller('metabolism/charge')
export class ChargesController {
  constructor(private readonly requests: ActionsRequests) {}

  @Post()
  @HttpCode(201)
  @Commands('metabolism.charge', 'actions.perform', {
    summary: 'Book a cost that has arisen',
    description:
      'Booked whole: what the budget cannot bear is debt. No budget in force: 402, and the amount stands in the denied event.',
  })
  @ApiCreatedResponse({ type: ChargedDto })
  @ApiProblems(404, 409)
  charge(@Body() body: ChargeDto, @CallerParam() caller: Caller): Submission {
    return Submission.of(this.requests.charge(caller.id, body));
  }

  @Post('batch')
  @HttpCode(200)
  @Commands('metabolism.charge', 'actions.perform', {
    summary: 'Book up to 1,000 costs in one transaction, one event each',
  })
  @ApiOkResponse({ type: ChargedBatchDto })
  chargeBatch(@Body() body: ChargeBatchDto, @RawBody() raw: RawBatch, @CallerParam() caller: Caller): Submission {
    return this.requests.chargeBatch(caller.id, body, raw);
  }
}
