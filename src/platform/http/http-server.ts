import { createServer } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import { CONNECTION_LIMITS } from './connection-limits.js';

/** Express on a server whose connections have limits. */
export class LimitedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(CONNECTION_LIMITS, this.getInstance());
  }
}
