import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CommittedBatch } from './spine.js';

/** Upper bounds of batch sizes, in commands: up to what one transaction takes. */
const COMMANDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
/** Upper bounds of times to commit, in seconds: from one command on an idle machine to the limit of attempts. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What the spine of this process did, as Prometheus metrics. */
export class SpineMetrics {
  private readonly commands: Counter<'type' | 'outcome'>;
  private readonly denials: Counter<'type' | 'code'>;
  private readonly batches: Histogram;
  private readonly commits: Histogram;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.commands = new Counter({
      name: 'echo_commands_total',
      help: 'Decided commands, each with its event in the log',
      labelNames: ['type', 'outcome'],
      registers,
    });
    this.denials = new Counter({
      name: 'echo_denials_total',
      help: 'Denied commands by the code of the refusal; METABOLISM.BUDGET_EXCEEDED is a lack of budget',
      labelNames: ['type', 'code'],
      registers,
    });
    this.batches = new Histogram({
      name: 'echo_batch_commands',
      help: 'Commands in one committed transaction',
      buckets: COMMANDS,
      registers,
    });
    this.commits = new Histogram({
      name: 'echo_commit_seconds',
      help: 'Time of a transaction from the lock on the head to the commit, attempts that failed included',
      buckets: SECONDS,
      registers,
    });
  }

  /** Shows how many commands wait whenever somebody looks. */
  watchQueue(depth: () => number): void {
    const gauge = new Gauge({
      name: 'echo_queue_commands',
      help: 'Commands that wait for a transaction',
      registers: [],
      collect() {
        this.set(depth());
      },
    });
    this.registry.registerMetric(gauge);
  }

  committed({ commands, events, milliseconds }: CommittedBatch): void {
    this.batches.observe(commands);
    this.commits.observe(milliseconds / 1000);
    for (const { parts, denial } of events) {
      this.commands.inc({ type: parts.type, outcome: parts.outcome });
      if (denial !== null) this.denials.inc({ type: parts.type, code: denial });
    }
  }
}
