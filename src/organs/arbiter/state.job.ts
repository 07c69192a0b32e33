import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Submission } from '../../event-log/command.js';
import { Spine } from '../../event-log/spine.js';
import { StateReader } from '../../event-log/state-reader.js';
import { every, type Repeated } from '../../platform/every.js';
import { systemMove, systemMoveNeeds } from './system-move.rules.js';
import { systemMoveCommand } from './transition.command.js';

/** Pause between two looks, in ms: a finding raises the state within about a second. */
const LOOK_MS = 1_000;

/**
 * Moves the state by itself where findings, or that none came, call for it. Any replica may ask; the rule decides under the
 * head's lock with the same rows, so each move is made once.
 */
@Injectable()
export class StateJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('state');
  private loop: Repeated | null = null;

  constructor(
    private readonly states: StateReader,
    private readonly spine: Spine,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = every(
      LOOK_MS,
      () => this.look(),
      (error) => this.logger.warn({ err: error }, 'the state is looked at in the next round'),
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop?.stop();
  }

  private async look(): Promise<void> {
    const { state, now } = await this.states.read(systemMoveNeeds());
    if (systemMove(state, now) === null) return;
    await this.spine.execute({
      submission: Submission.of(systemMoveCommand()),
      caller: { kind: 'system', id: 'arbiter' },
      requestId: uuidv7(),
      instance: 'state',
    });
  }
}
