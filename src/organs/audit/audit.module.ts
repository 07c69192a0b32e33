import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditRepository } from './audit.repository.js';
import { TlogController } from './tlog.controller.js';
import { Verifier } from './verifier.js';

/** Reading, verifying and exporting the log. */
@Module({ controllers: [AuditController, TlogController], providers: [AuditRepository, Verifier] })
export class AuditModule {}
