import { Module } from '@nestjs/common';
import { LedgerRepository } from './ledger.repository.js';
import { ForecastReader } from './forecast.js';
import { MetabolismController } from './metabolism.controller.js';
import { MetabolismRepository } from './metabolism.repository.js';
import { PricesController } from './prices.controller.js';
import { PricesRepository } from './prices.repository.js';
import { ScopesController } from './scopes.controller.js';
import { ScopesRepository } from './scopes.repository.js';

/** Budgets in a hierarchy of scopes, costs and the ledger. */
@Module({
  controllers: [MetabolismController, ScopesController, PricesController],
  providers: [ForecastReader, MetabolismRepository, LedgerRepository, ScopesRepository, PricesRepository],
})
export class MetabolismModule {}
