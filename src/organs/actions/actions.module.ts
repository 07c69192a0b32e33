import { Module } from '@nestjs/common';
import { ActionsController } from './actions.controller.js';
import { ActionsRepository } from './actions.repository.js';
import { ActionsRequests } from './actions.requests.js';
import { ChargesController } from './charges.controller.js';
import { ExpiryJob } from './expiry.job.js';
import { Leases } from './leases.js';
import { LeasesController } from './leases.controller.js';
import { JwksController } from './permits/jwks.controller.js';
import { PermitKey } from './permits/permit-key.js';
import { Permits } from './permits/permits.js';
import { RunningActionsRepository } from './permits/running-actions.repository.js';
import { ImmuneModule } from '../immune/index.js';

/** Governed actions: authorize, begin, complete, charge, expire; their leases and permits. */
@Module({
  imports: [ImmuneModule],
  controllers: [ActionsController, ChargesController, JwksController, LeasesController],
  providers: [ActionsRepository, ActionsRequests, ExpiryJob, Leases, PermitKey, Permits, RunningActionsRepository],
})
export class ActionsModule {}
