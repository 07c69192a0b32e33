import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { Registry } from 'prom-client';
import { DatabaseUrl } from '../platform/database/database-url.js';
import { CheckpointPublisher } from './anchoring/checkpoint-publisher.js';
import { CheckpointRepository } from './anchoring/checkpoint.repository.js';
import { CheckpointSigner } from './anchoring/checkpoint-signer.js';
import { Promises } from './anchoring/promises.js';
import { BookkeepingRepository } from './bookkeeping.repository.js';
import { CommandRunner } from './command-runner.js';
import { DenialReport } from './denial-report.js';
import { EventLogInterceptor } from './event-log.interceptor.js';
import { Fingerprints } from './fingerprints.js';
import { Gate } from './gate.js';
import { Genesis } from './genesis.js';
import { GenesisParts } from './genesis-parts.js';
import { Housekeeping } from './housekeeping.js';
import { LogKey } from './log-key.js';
import { ReplyFilter } from './reply.filter.js';
import { Spine } from './spine.js';
import { SpineMetrics } from './spine-metrics.js';
import { TileIntegrator } from './merkle/tile-integrator.js';
import { TileReader } from './merkle/tile-reader.js';
import { StateReader } from './state-reader.js';

const spineLogger = new Logger('spine');

/** The spine and what stands directly on it. The `Gate` comes from the access module. */
@Global()
@Module({
  providers: [
    {
      provide: Spine,
      inject: [DatabaseUrl, Gate, Registry],
      useFactory: ({ url }: DatabaseUrl, gate: Gate, registry: Registry) => {
        const metrics = new SpineMetrics(registry);
        const spine = new Spine({
          url,
          gate,
          observer: {
            fault: (error, command, requestId) =>
              spineLogger.error({ err: error, command: command?.type, request_id: requestId }, 'a command broke'),
            committed: (batch) => metrics.committed(batch),
          },
        });
        metrics.watchQueue(() => spine.queueDepth);
        return spine;
      },
    },
    { provide: APP_INTERCEPTOR, useClass: EventLogInterceptor },
    { provide: APP_FILTER, useClass: ReplyFilter },
    BookkeepingRepository,
    CheckpointPublisher,
    CheckpointRepository,
    CheckpointSigner,
    CommandRunner,
    DenialReport,
    Fingerprints,
    Genesis,
    GenesisParts,
    Housekeeping,
    LogKey,
    Promises,
    StateReader,
    TileIntegrator,
    TileReader,
  ],
  exports: [
    BookkeepingRepository,
    CheckpointRepository,
    CheckpointSigner,
    CommandRunner,
    Fingerprints,
    GenesisParts,
    LogKey,
    Spine,
    StateReader,
    TileReader,
  ],
})
export class EventLogModule implements OnApplicationShutdown {
  constructor(
    private readonly spine: Spine,
    private readonly report: DenialReport,
  ) {}

  /** By now the server is closed and every request answered: what they left is counted, then the database is let go. */
  async onApplicationShutdown(): Promise<void> {
    await this.report.close();
    await this.spine.close();
  }
}
