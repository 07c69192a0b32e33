import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Gate } from '../event-log/gate.js';
import { AccessGate } from './access.gate.js';
import { AccessGuard } from './access.guard.js';
import { Authenticators } from './authenticators.js';
import { PrincipalReader } from './principal-reader.js';
import { Principals } from './principals.js';

/** Who may do what: the permission table, the guard before every route and the gate before every decision. */
@Global()
@Module({
  providers: [
    Authenticators,
    PrincipalReader,
    Principals,
    { provide: Gate, useClass: AccessGate },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [Authenticators, Gate, Principals],
})
export class AccessModule {}
