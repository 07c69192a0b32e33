import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditRepository } from './audit.repository.js';
import { AuditStatus } from './audit-status.js';
import { SelfAuditJob } from './self-audit.job.js';
import { TlogController } from './tlog.controller.js';
import { Verifier } from './verifier.js';

/** Reading, verifying and exporting the log, and the substrate's audit of itself. */
@Module({
  controllers: [AuditController, TlogController],
  providers: [AuditRepository, AuditStatus, SelfAuditJob, Verifier],
})
export class AuditModule {}
