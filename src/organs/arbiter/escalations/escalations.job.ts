import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Submission } from '../../../event-log/command.js';
import { Spine } from '../../../event-log/spine.js';
import { createClient } from '../../../platform/database/client.js';
import { DatabaseUrl } from '../../../platform/database/database-url.js';
import { every, type Repeated } from '../../../platform/every.js';
import { EscalationsRepository } from './escalations.repository.js';
import { expireEscalationCommand } from './expire.command.js';

/** Pause between two looks, in ms. */
const LOOK_MS = 1_000;
/** Escalations that one look takes on; the next takes the rest. */
const ESCALATIONS_MAX = 500;
/** Key of the advisory lock of the replica that tells what nobody decided. */
const ESCALATIONS_LOCK = 1_763_900_015;

/** Tells that nobody decided in time. Each escalation expires once, since the spine decides it under the head's lock. */
@Injectable()
export class EscalationsJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('escalations');
  private loop: Repeated | null = null;

  constructor(
    private readonly database: DatabaseUrl,
    private readonly escalations: EscalationsRepository,
    private readonly spine: Spine,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = every(
      LOOK_MS,
      () => this.look(),
      (error) => this.logger.warn({ err: error }, 'undecided escalations wait for the next look'),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop?.stop();
  }

  /** Connects only where something is due, which is seldom. */
  private async look(): Promise<void> {
    if ((await this.escalations.overdue(1)).length === 0) return;
    const lock = createClient(this.database.url, 'job');
    await lock.connect();
    try {
      const { rows } = await lock.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [ESCALATIONS_LOCK]);
      if (rows[0]?.got === true) await this.expire(await this.escalations.overdue(ESCALATIONS_MAX));
    } finally {
      await lock.end();
    }
  }

  private async expire(ids: readonly string[]): Promise<void> {
    const requestId = uuidv7();
    await Promise.all(
      ids.map((id) =>
        this.spine.execute({
          submission: Submission.of(expireEscalationCommand(id)),
          caller: { kind: 'system', id: 'arbiter' },
          requestId,
          instance: 'escalations',
        }),
      ),
    );
  }
}
