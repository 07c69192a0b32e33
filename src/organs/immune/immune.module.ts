import { Module, type OnModuleInit } from '@nestjs/common';
import { inserted } from '../../event-log/effect.js';
import { GenesisParts } from '../../event-log/genesis-parts.js';
import { AnomaliesController } from './anomalies.controller.js';
import { AnomaliesRepository } from './anomalies.repository.js';
import { Backtests } from './backtests.js';
import { DetectionJob } from './detection.job.js';
import { DEFAULT_POLICIES } from './detection/default-policies.js';
import { ImmuneController } from './immune.controller.js';
import { ImmuneRepository } from './immune.repository.js';
import { ObservationRequests } from './observation.requests.js';
import { ObservationsController } from './observations.controller.js';
import { ObservationsRepository } from './observations.repository.js';
import { OrderWatch } from './order-watch.js';
import { Orders } from './orders.js';
import { OrdersController } from './orders.controller.js';
import { PresenceJob } from './presence.job.js';
import { StopJob } from './stop.job.js';
import { StopOrdersRepository } from './stop-orders.repository.js';
import { POLICIES } from './tables.js';

/** Detection and isolation. */
@Module({
  controllers: [AnomaliesController, ImmuneController, ObservationsController, OrdersController],
  providers: [
    AnomaliesRepository,
    Backtests,
    DetectionJob,
    ImmuneRepository,
    ObservationRequests,
    ObservationsRepository,
    Orders,
    OrderWatch,
    PresenceJob,
    StopJob,
    StopOrdersRepository,
  ],
  exports: [ImmuneRepository, StopOrdersRepository],
})
export class ImmuneModule implements OnModuleInit {
  constructor(private readonly genesis: GenesisParts) {}

  onModuleInit(): void {
    this.genesis.register(() => Promise.resolve(() => DEFAULT_POLICIES.map((policy) => inserted(POLICIES, policy))));
  }
}
