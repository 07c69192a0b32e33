import { Module, type OnModuleInit } from '@nestjs/common';
import { inserted } from '../../event-log/effect.js';
import { GenesisParts } from '../../event-log/genesis-parts.js';
import { ImmuneController } from './immune.controller.js';
import { ImmuneRepository } from './immune.repository.js';
import { OrderWatch } from './order-watch.js';
import { Orders } from './orders.js';
import { OrdersController } from './orders.controller.js';
import { REFUSAL_POLICY } from './refusal.rules.js';
import { StopJob } from './stop.job.js';
import { StopOrdersRepository } from './stop-orders.repository.js';
import { POLICIES } from './tables.js';

/** Detection and isolation. */
@Module({
  controllers: [ImmuneController, OrdersController],
  providers: [ImmuneRepository, Orders, OrderWatch, StopJob, StopOrdersRepository],
  exports: [StopOrdersRepository],
})
export class ImmuneModule implements OnModuleInit {
  constructor(private readonly genesis: GenesisParts) {}

  onModuleInit(): void {
    this.genesis.register(() => Promise.resolve(() => [inserted(POLICIES, REFUSAL_POLICY)]));
  }
}
