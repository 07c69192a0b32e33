import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Submission, type Command } from './command.js';
import type { Suppressed } from './denial-meter.js';
import { Spine } from './spine.js';

/** How often windows that are over are looked for, in ms. */
const LOOK_MS = 5_000;

/** Writes one event a minute for each caller whose refusals went uncounted, with their number. */
@Injectable()
export class DenialReport implements OnApplicationBootstrap {
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly spine: Spine) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.report(false), LOOK_MS).unref();
  }

  /** Writes what is still uncounted and ends. */
  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.report(true);
  }

  private async report(all: boolean): Promise<void> {
    for (const suppressed of this.spine.suppressedDenials(all)) {
      await this.spine.execute({
        submission: Submission.of(suppression(suppressed)),
        caller: { kind: 'system', id: 'spine' },
        requestId: uuidv7(),
        instance: 'denial-report',
      });
    }
  }
}

function suppression({ caller, since, count }: Suppressed): Command {
  return {
    type: 'spine.suppress_denials',
    permission: 'system',
    subject: { type: caller.kind, id: caller.id },
    payload: { since, count },
    needs: [],
    decide: () => ({ outcome: 'succeeded', answer: {}, effects: [] }),
  };
}
