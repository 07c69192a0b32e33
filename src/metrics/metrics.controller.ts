import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Registry } from 'prom-client';
import { Public } from '../access/decorators.js';
import { Config } from '../platform/config/config.js';
import { ProblemError } from '../platform/errors/problem.js';
import { ApiProblems } from '../platform/http/answers.js';
import { LogGauges } from './log-gauges.js';

/** What Prometheus scrapes. */
@ApiTags('Health')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly registry: Registry,
    private readonly gauges: LogGauges,
    private readonly config: Config,
  ) {}

  @Get()
  @Public({
    summary: 'Metrics of this process and of the log',
    description:
      'Prometheus text format. Where METRICS_TOKEN is set it takes `Authorization: Bearer <the token>`, which is no token of a user.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' }, description: 'metrics in the Prometheus text format 0.0.4' })
  @ApiProblems(401)
  async metrics(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const { metricsToken } = this.config;
    if (metricsToken !== null && !isSame(authorization ?? '', `Bearer ${metricsToken}`)) {
      throw new ProblemError({
        status: 401,
        code: 'METRICS.UNAUTHORIZED',
        detail: 'the metrics are for whoever has the METRICS_TOKEN',
      });
    }
    await this.gauges.refresh();
    response.setHeader('Content-Type', this.registry.contentType);
    return this.registry.metrics();
  }
}

/** Compares digests, which have one length, in constant time. */
function isSame(x: string, y: string): boolean {
  const [a, b] = [x, y].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
