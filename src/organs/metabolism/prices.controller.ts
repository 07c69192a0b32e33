import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Allows, Commands } from '../../access/decorators.js';
import { Submission } from '../../event-log/command.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import type { JsonObject } from '../../platform/json.js';
import {
  PriceDto,
  PriceSetDto,
  PricesQuery,
  QuoteDto,
  QuoteRequestDto,
  RepricedDto,
  RepriceDto,
  SetPriceDto,
} from './dto/price.dto.js';
import { repriceCommand, setPriceCommand } from './prices.commands.js';
import { PricesRepository } from './prices.repository.js';
import { claimedUsage } from './usage-request.js';

/** Rows of the ledger that one request prices again, in one transaction. */
const REPRICE_MAX = 500;

/** The price book: what usage of models costs. */
@ApiTags('Metabolism')
@ApiProblems(400, 401, 403, 429, 503)
@Controller('metabolism')
export class PricesController {
  constructor(private readonly prices: PricesRepository) {}

  @Post('prices')
  @HttpCode(201)
  @Commands('metabolism.set_price', 'budgets.manage', {
    summary: 'Give a model a price of your own, from a moment on',
    description: 'It counts before the base price. Earlier versions stay; what was booked stays as it was booked.',
  })
  @ApiCreatedResponse({ type: PriceSetDto })
  @ApiProblems(413, 415, 422)
  set(@Body() { provider, model, valid_from: validFrom, prices }: SetPriceDto): Submission {
    if ((provider === '*') !== (model === '*')) throw new ProblemError(HALF_ANY);
    return Submission.of(setPriceCommand({ provider, model, card: prices, ...(validFrom ? { validFrom } : {}) }));
  }

  @Get('prices')
  @Allows('budgets.read', { summary: 'Your own prices, in the order they were given' })
  @ApiPage(PriceDto)
  list(@Query() query: PricesQuery) {
    return this.prices.list(query);
  }

  @Post('quote')
  @HttpCode(200)
  @Allows('budgets.read', { summary: 'What a usage would cost; nothing is held or recorded' })
  @ApiOkResponse({ type: QuoteDto })
  @ApiProblems(409, 413, 415)
  quote(@Body() body: QuoteRequestDto): Promise<QuoteDto> {
    const usage = claimedUsage(body);
    if (!usage || (body.usage && body.usage_body)) throw new ProblemError(ONE_USAGE);
    return this.prices.quote(usage, body.at);
  }

  @Post('reprice')
  @HttpCode(200)
  @Commands('metabolism.reprice', 'budgets.manage', {
    summary: 'Price usage of the past again, by what counts now for that time',
    description: `Up to ${REPRICE_MAX} rows of the ledger a request: differences are booked as further rows, none is changed.`,
  })
  @ApiOkResponse({ type: RepricedDto })
  @ApiProblems(409, 413, 415, 422)
  async reprice(@Body() body: RepriceDto): Promise<Submission> {
    const entries = await this.prices.entries({ ...body, after: body.after ?? null }, REPRICE_MAX + 1);
    const rows = entries.slice(0, REPRICE_MAX);
    if (rows.length === 0) throw new ProblemError(NOTHING_TO_REPRICE);
    const next = entries.length > REPRICE_MAX ? (rows.at(-1)?.id ?? null) : null;
    const commands = rows.flatMap(({ id, pricing }) =>
      pricing ? [{ command: repriceCommand(id, pricing, body.reason) }] : [],
    );
    return new Submission(commands, (replies) => {
      const items = replies.map((reply) => {
        const answer = JSON.parse(reply.body) as JsonObject;
        return reply.status >= 400 ? { status: reply.status, problem: answer } : { ...answer, status: reply.status };
      });
      return { status: 200, body: JSON.stringify({ items, next_after: next }) };
    });
  }
}

const HALF_ANY = {
  status: 400,
  code: 'REQUEST.INVALID',
  detail: 'the worst case for unknown models is given as provider * and model *',
  errors: [{ pointer: '/model', detail: 'must be * exactly where provider is' }],
};

const ONE_USAGE = {
  status: 400,
  code: 'REQUEST.INVALID',
  detail: 'a quote is of one usage',
  errors: [{ pointer: '/usage', detail: 'give usage or usage_body' }],
};

const NOTHING_TO_REPRICE = {
  status: 409,
  code: 'METABOLISM.NOTHING_TO_REPRICE',
  detail: 'the ledger has no priced usage of this model in that time',
};
