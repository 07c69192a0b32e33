import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { every, type Repeated } from '../platform/every.js';
import { BookkeepingRepository } from './bookkeeping.repository.js';

/** Pause between two rounds, in ms: keys live for 24 h, minutes do not matter. */
const ROUND_MS = 60_000;
/** Records deleted by one statement: keeps its locks short. */
const DELETE_MAX = 5_000;

/** Deletes idempotency records, sessions and throttles whose time is over. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('housekeeping');
  private loop: Repeated | null = null;

  constructor(private readonly bookkeeping: BookkeepingRepository) {}

  onApplicationBootstrap(): void {
    this.loop = every(
      ROUND_MS,
      () => this.clean(),
      (error) => this.logger.warn({ err: error }, 'expired records stay until the next round'),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop?.stop();
  }

  private async clean(): Promise<void> {
    while ((await this.bookkeeping.deleteExpiredIdempotency(DELETE_MAX)) === DELETE_MAX);
    await this.bookkeeping.deleteExpiredSessions();
  }
}
