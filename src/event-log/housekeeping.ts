import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BookkeepingRepository } from './bookkeeping.repository.js';

/** Pause between two rounds, in ms: keys live for 24 h, minutes do not matter. */
const ROUND_MS = 60_000;
/** Records deleted by one statement: keeps its locks short. */
const DELETE_MAX = 5_000;

/** Deletes idempotency records, sessions and throttles whose time is over. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('housekeeping');
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> = Promise.resolve();

  constructor(private readonly bookkeeping: BookkeepingRepository) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.round = this.clean();
    }, ROUND_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.round;
  }

  private async clean(): Promise<void> {
    try {
      while ((await this.bookkeeping.deleteExpiredIdempotency(DELETE_MAX)) === DELETE_MAX);
      await this.bookkeeping.deleteExpiredSessions();
    } catch (error) {
      this.logger.warn({ err: error }, 'expired records stay until the next round');
    }
  }
}
