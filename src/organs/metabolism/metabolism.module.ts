import { Module } from '@nestjs/common';
import { LedgerRepository } from './ledger.repository.js';
import { MetabolismController } from './metabolism.controller.js';
import { MetabolismRepository } from './metabolism.repository.js';
import { ScopesController } from './scopes.controller.js';
import { ScopesRepository } from './scopes.repository.js';

/** Budgets in a hierarchy of scopes, costs and the ledger. */
@Module({
  controllers: [MetabolismController, ScopesController],
  providers: [MetabolismRepository, LedgerRepository, ScopesRepository],
})
export class MetabolismModule {}
