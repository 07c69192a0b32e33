import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Response } from 'express';
import { DataSource } from 'typeorm';
import { Public } from '../access/decorators.js';
import { CheckpointRepository } from '../event-log/anchoring/checkpoint.repository.js';
import { Spine } from '../event-log/spine.js';
import { timestampOfPostgres } from '../platform/time.js';
import { VERSION } from '../platform/version.js';
import { HealthDto, LiveDto } from './health.dto.js';

/** Longest wait for the database, in ms: a probe's own limit is often 2 s. */
const DATABASE_MS = 1_500;

/** What a look at the log sees. */
interface Seen extends Pick<HealthDto, 'checkpoints' | 'audit'> {
  readonly last_event_id: number;
  readonly head: string | null;
}

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
    private readonly spine: Spine,
    private readonly checkpoints: CheckpointRepository,
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
      const { last_event_id, head, checkpoints, audit } = details['log'] as unknown as Seen;
      const isHalted = this.spine.haltedBecause !== null;
      if (isHalted) response.status(503);
      return {
        status: isHalted ? 'unhealthy' : 'healthy',
        ...common,
        database: { status: 'up' },
        log: { status: isHalted ? 'down' : 'up', last_event_id, head },
        checkpoints,
        audit,
      };
    } catch {
      response.status(503);
      const down = { status: 'down' as const };
      return {
        status: 'unhealthy',
        ...common,
        database: down,
        log: { ...down, last_event_id: null, head: null },
        checkpoints: { ...down, size: null, sinks: [] },
        audit: { ...down, event_id: null, finished_at: null, findings: 0 },
      };
    }
  }

  private async seeCheckpoints(): Promise<HealthDto['checkpoints']> {
    const [newest, sinks] = await Promise.all([this.checkpoints.newest(), this.checkpoints.sinks()]);
    const isUp = sinks.every(({ failingSince }) => failingSince === null);
    return {
      status: isUp ? 'up' : 'down',
      size: newest?.size ?? null,
      sinks: sinks.map(({ name, size, failingSince }) => ({
        name,
        status: failingSince === null ? 'up' : 'down',
        size,
        failing_since: failingSince,
      })),
    };
  }

  private async seeAudits(): Promise<HealthDto['audit']> {
    const [row] = await this.database.query<
      { event_id: number | null; finished_at: string | null; findings: number }[]
    >(
      `select max(event_id) as event_id, max(finished_at) as finished_at,
              (select count(*)::int from audit_findings where cleared_at is null) as findings from audit_runs`,
    );
    const { event_id = null, finished_at = null, findings = 0 } = row ?? {};
    const when = finished_at === null ? null : timestampOfPostgres(finished_at);
    return { status: findings === 0 ? 'up' : 'down', event_id, finished_at: when, findings };
  }

  private checkLog() {
    return this.indicators
      .check('log')
      .attempt(async () => {
        const [row] = await this.database.query<HeadRow[]>(
          `select event_id, encode(hash, 'hex') as hash from log_head`,
        );
        if (!row) throw new Error('the log has no head');
        return {
          last_event_id: row.event_id,
          head: row.hash,
          checkpoints: await this.seeCheckpoints(),
          audit: await this.seeAudits(),
        };
      })
      .withTimeout(DATABASE_MS);
  }
}
