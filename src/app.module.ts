import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AccessModule } from './access/access.module.js';
import { ENTITIES } from './data-source.js';
import { EventLogModule } from './event-log/event-log.module.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ActionsModule } from './organs/actions/index.js';
import { AgentsModule } from './organs/agents/index.js';
import { ArbiterModule } from './organs/arbiter/index.js';
import { AuditModule } from './organs/audit/index.js';
import { IdentityModule } from './organs/identity/index.js';
import { ImmuneModule } from './organs/immune/index.js';
import { MetabolismModule } from './organs/metabolism/index.js';
import type { Config } from './platform/config/config.js';
import type { DatabaseUrl } from './platform/database/database-url.js';
import { ProblemFilter } from './platform/errors/problem.filter.js';
import { PlatformModule } from './platform/platform.module.js';

/** The whole substrate. */
@Module({})
export class AppModule {
  static with(config: Config, database: DatabaseUrl): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.with(config, database, ENTITIES),
        AccessModule,
        EventLogModule,
        IdentityModule,
        AgentsModule,
        MetabolismModule,
        ImmuneModule,
        ArbiterModule,
        ActionsModule,
        AuditModule,
        HealthModule,
        MetricsModule,
      ],
      // Nest asks filters in reverse order of their registration: the catch-all must come first.
      providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
    };
  }
}
