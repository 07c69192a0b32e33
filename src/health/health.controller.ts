import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Response } from 'express';
import { DataSource } from 'typeorm';
import { Public } from '../access/decorators.js';
import { VERSION } from '../platform/version.js';
import { HealthDto, LiveDto } from './health.dto.js';

/** Longest wait for the database, in ms: a probe's own limit is often 2 s. */
const DATABASE_MS = 1_500;

interface HeadRow {
  readonly event_id: number;
  readonly hash: string | null;
}

/** Whether this server works; for people, load balancers and orchestrators. */
@ApiTags('Health')
@Controller()
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  @Get('health')
  @Public({ summary: 'Whether the server, its database and the log work' })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({ type: HealthDto })
  health(@Res({ passthrough: true }) response: Response): Promise<HealthDto> {
    return this.report(response);
  }

  @Get('health/live')
  @Public({ summary: 'Whether the process answers; says nothing of the database' })
  @ApiOkResponse({ type: LiveDto })
  @HttpCode(200)
  live(): LiveDto {
    return { status: 'alive' };
  }

  @Get('health/ready')
  @Public({ summary: 'Whether the server can do its work now' })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({ type: HealthDto })
  ready(@Res({ passthrough: true }) response: Response): Promise<HealthDto> {
    return this.report(response);
  }

  private async report(response: Response): Promise<HealthDto> {
    const common = { version: VERSION, uptime_seconds: Math.floor(process.uptime()) };
    try {
      const { details } = await this.checks.check([() => this.checkLog()]);
      const { last_event_id, head } = details['log'] as unknown as { last_event_id: number; head: string | null };
      return { status: 'healthy', ...common, database: { status: 'up' }, log: { status: 'up', last_event_id, head } };
    } catch {
      response.status(503);
      const down = { status: 'down' as const };
      return { status: 'unhealthy', ...common, database: down, log: { ...down, last_event_id: null, head: null } };
    }
  }

  private checkLog() {
    return this.indicators
      .check('log')
      .attempt(async () => {
        const [row] = await this.database.query<HeadRow[]>(
          `select event_id, encode(hash, 'hex') as hash from log_head`,
        );
        if (!row) throw new Error('the log has no head');
        return { last_event_id: row.event_id, head: row.hash };
      })
      .withTimeout(DATABASE_MS);
  }
}
