import { Module } from '@nestjs/common';
import { MetabolismController } from './metabolism.controller.js';
import { MetabolismRepository } from './metabolism.repository.js';

/** Budgets, costs and the ledger. */
@Module({ controllers: [MetabolismController], providers: [MetabolismRepository] })
export class MetabolismModule {}
