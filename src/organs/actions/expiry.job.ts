import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { Submission } from '../../event-log/command.js';
import { Spine } from '../../event-log/spine.js';
import { createClient } from '../../platform/database/client.js';
import { DatabaseUrl } from '../../platform/database/database-url.js';
import { ActionsRepository } from './actions.repository.js';
import { expireCommand } from './expire.command.js';

/** Pause between two looks, in ms. */
const LOOK_MS = 1_000;
/** Holds that one look takes on; the next takes the rest. */
const EXPIRE_MAX = 500;
/** Key of the advisory lock that lets one replica at a time look for overdue holds. */
const EXPIRY_LOCK = 4_260_371_105;

/** Books actions that nobody completed in time. Each hold expires once, since the spine decides it under the head's lock. */
@Injectable()
export class ExpiryJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('expiry');
  private timer: NodeJS.Timeout | null = null;
  private look: Promise<void> = Promise.resolve();
  private client: pg.Client | null = null;

  constructor(
    private readonly database: DatabaseUrl,
    private readonly actions: ActionsRepository,
    private readonly spine: Spine,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    await this.look;
    await this.client?.end().catch(() => undefined);
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.look = this.expireOverdue().finally(() => {
        if (this.timer) this.schedule();
      });
    }, LOOK_MS).unref();
  }

  private async expireOverdue(): Promise<void> {
    try {
      const client = await this.connect();
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [EXPIRY_LOCK]);
      if (!rows[0]?.got) return;
      try {
        await this.expire(await this.actions.overdue(EXPIRE_MAX));
      } finally {
        await client.query('select pg_advisory_unlock($1)', [EXPIRY_LOCK]);
      }
    } catch (error) {
      // The session's end frees the lock; the next look connects anew.
      await this.client?.end().catch(() => undefined);
      this.client = null;
      this.logger.warn({ err: error }, 'overdue actions wait for the next look');
    }
  }

  private async expire(overdue: Awaited<ReturnType<ActionsRepository['overdue']>>): Promise<void> {
    const requestId = uuidv7();
    await Promise.all(
      overdue.map(({ action_id: actionId }) =>
        this.spine.execute({
          submission: Submission.of(expireCommand(actionId)),
          caller: { kind: 'system', id: 'actions' },
          requestId,
          instance: 'expiry',
        }),
      ),
    );
  }

  private async connect(): Promise<pg.Client> {
    if (this.client) return this.client;
    const client = createClient(this.database.url, 'job');
    await client.connect();
    this.client = client;
    return client;
  }
}
