import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Submission } from '../../event-log/command.js';
import { Spine } from '../../event-log/spine.js';
import { DatabaseUrl } from '../../platform/database/database-url.js';
import type { FromDetection, ToDetection } from './detection.messages.js';
import { findingCommand } from './finding.command.js';
import type { Finding } from './detection/finding.js';

/** The thread that folds the log. */
const THREAD = new URL('./detection.worker.js', import.meta.url);
/** Pause before a thread that ended by itself is started again, and before a finding that was not taken is told again, in ms. */
const AGAIN_MS = 500;
/** How long a thread may take to save what it knows when the server stops, in ms; it then judges a little twice. */
const STOP_MS = 3_000;

/**
 * Runs the detectors beside the server, on a thread of their own, along the log. Every replica has one; the one that holds
 * the lock judges, the others take over when it is gone. What it finds is recorded by the spine like anything else.
 */
@Injectable()
export class DetectionJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('detection');
  private worker: Worker | null = null;
  private stopping = false;

  constructor(
    private readonly url: DatabaseUrl,
    private readonly spine: Spine,
  ) {}

  onApplicationBootstrap(): void {
    this.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    const { worker } = this;
    if (!worker) return;
    const ended = once(worker, 'exit');
    worker.postMessage({ kind: 'stop' } satisfies ToDetection);
    const timer = setTimeout(() => void worker.terminate(), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  private start(): void {
    const worker = new Worker(THREAD, { workerData: { url: this.url.url } });
    this.worker = worker;
    worker.on('message', (message: FromDetection) => void this.hear(worker, message));
    worker.on('error', (error) => this.logger.error({ err: error }, 'the detectors broke and begin again'));
    worker.once('exit', () => {
      this.worker = null;
      if (!this.stopping) setTimeout(() => this.stopping || this.start(), AGAIN_MS).unref();
    });
  }

  private async hear(worker: Worker, message: FromDetection): Promise<void> {
    switch (message.kind) {
      case 'found':
        worker.postMessage({ kind: 'recorded', all: await this.record(message.findings) } satisfies ToDetection);
        return;
      case 'trouble':
        this.logger.warn({ detail: message.detail }, 'the detectors wait for the database');
    }
  }

  /** Records findings in their order, each until it is decided; answers false where the server stops before. */
  private async record(findings: readonly Finding[]): Promise<boolean> {
    const requestId = uuidv7();
    const caller = { kind: 'system', id: 'immune' } as const;
    for (const finding of findings) {
      for (;;) {
        const submission = Submission.of(findingCommand(finding));
        const reply = await this.spine.execute({ submission, caller, requestId, instance: 'detection' });
        if (reply.status !== 503) break;
        if (this.stopping) return false;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    return true;
  }
}
