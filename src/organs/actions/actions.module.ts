import { Module } from '@nestjs/common';
import { ActionsController } from './actions.controller.js';
import { ActionsRepository } from './actions.repository.js';
import { ActionsRequests } from './actions.requests.js';
import { ChargesController } from './charges.controller.js';
import { ExpiryJob } from './expiry.job.js';

/** Governed actions: authorize, complete, charge, expire. */
@Module({
  controllers: [ActionsController, ChargesController],
  providers: [ActionsRepository, ActionsRequests, ExpiryJob],
})
export class ActionsModule {}
