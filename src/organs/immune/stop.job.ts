import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Submission } from '../../event-log/command.js';
import { Spine } from '../../event-log/spine.js';
import { createClient } from '../../platform/database/client.js';
import { DatabaseUrl } from '../../platform/database/database-url.js';
import { every, type Repeated } from '../../platform/every.js';
import type { StopOrder } from './entities/stop-order.entity.js';
import { stopUnconfirmedCommand } from './stop.commands.js';
import { StopOrdersRepository } from './stop-orders.repository.js';

/** Pause between two looks, in ms. */
const LOOK_MS = 1_000;
/** Orders that one look takes on; the next takes the rest. */
const ORDERS_MAX = 500;
/** Key of the advisory lock of the replica that tells overdue confirmations. */
const STOP_LOCK = 1_763_900_014;

/** Tells that agents have not confirmed in time. Each order is told once, since the spine decides it under the head's lock. */
@Injectable()
export class StopJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('stops');
  private loop: Repeated | null = null;

  constructor(
    private readonly database: DatabaseUrl,
    private readonly orders: StopOrdersRepository,
    private readonly spine: Spine,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = every(
      LOOK_MS,
      () => this.look(),
      (error) => this.logger.warn({ err: error }, 'overdue confirmations wait for the next look'),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop?.stop();
  }

  /** Connects only where something is due, which is seldom. */
  private async look(): Promise<void> {
    if ((await this.orders.overdue(1)).length === 0) return;
    const lock = createClient(this.database.url, 'job');
    await lock.connect();
    try {
      const { rows } = await lock.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [STOP_LOCK]);
      if (rows[0]?.got === true) await this.tell(await this.orders.overdue(ORDERS_MAX));
    } finally {
      await lock.end();
    }
  }

  private async tell(overdue: readonly StopOrder[]): Promise<void> {
    const requestId = uuidv7();
    await Promise.all(
      overdue.map((order) =>
        this.spine.execute({
          submission: Submission.of(stopUnconfirmedCommand(order)),
          caller: { kind: 'system', id: 'immune' },
          requestId,
          instance: 'stops',
        }),
      ),
    );
  }
}
