import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ProblemError } from '../../platform/errors/problem.js';
import { every, type Repeated } from '../../platform/every.js';
import { ALL_TOO_MANY_WAITS, ONE_TOO_MANY_WAITS } from './immune.errors.js';
import { StopOrdersRepository } from './stop-orders.repository.js';

/** Pause between two looks while somebody waits, in ms: "at once" for a stop, and four short queries a second a process. */
const LOOK_MS = 250;
/** Requests of one agent that may wait at a time: one, and those that it has forgotten over a lost connection. */
const WAITS_OF_AGENT_MAX = 4;
/** Requests that may wait on one process: each holds a connection and some KiB. */
const WAITS_MAX = 2_000;

/** How a wait ended: there is an order, or not, or nobody is there any more to be told. */
type Ending = 'woken' | 'over';

/** Lets requests wait for orders, made on whichever replica: one query looks for all that wait here. */
@Injectable()
export class OrderWatch implements OnModuleDestroy {
  private readonly logger = new Logger('orders');
  private readonly waiting = new Map<string, Set<(ending: Ending) => void>>();
  private count = 0;
  private looks: Repeated | null = null;
  private isClosed = false;

  constructor(private readonly orders: StopOrdersRepository) {}

  /** Everybody is answered, so that the server can close. */
  async onModuleDestroy(): Promise<void> {
    this.isClosed = true;
    for (const agentId of this.waiting.keys()) this.end(agentId, 'over');
    await this.looks?.stop();
  }

  /**
   * Waits until the agent has an open order, but no longer than so many seconds, the signal or the server's stop; answers whether
   * there is one.
   * @throws ProblemError 429 or 503 where too many wait already
   */
  async wait(agentId: string, seconds: number, signal: AbortSignal): Promise<boolean> {
    if (this.isClosed || signal.aborted) return false;
    const own = this.waiting.get(agentId) ?? new Set();
    if (own.size >= WAITS_OF_AGENT_MAX) throw new ProblemError(ONE_TOO_MANY_WAITS);
    if (this.count >= WAITS_MAX) throw new ProblemError(ALL_TOO_MANY_WAITS);
    this.waiting.set(agentId, own);
    this.count += 1;
    this.looks ??= this.lookOut();
    const ending = await endOf(own, seconds, signal);
    this.count -= 1;
    if (own.size === 0 && this.waiting.get(agentId) === own) this.waiting.delete(agentId);
    return ending === 'woken';
  }

  private lookOut(): Repeated {
    const onError = (error: unknown): void => this.logger.warn({ err: error }, 'orders are looked for again');
    return every(LOOK_MS, () => this.look(), onError);
  }

  private async look(): Promise<void> {
    if (this.waiting.size === 0) return;
    for (const agentId of await this.orders.agentsWithOpen([...this.waiting.keys()])) this.end(agentId, 'woken');
  }

  private end(agentId: string, ending: Ending): void {
    for (const end of this.waiting.get(agentId) ?? []) end(ending);
  }
}

/** One wait, in its place among those of its agent until it ends. */
function endOf(own: Set<(ending: Ending) => void>, seconds: number, signal: AbortSignal): Promise<Ending> {
  return new Promise((resolve) => {
    const end = (ending: Ending): void => {
      clearTimeout(timer);
      own.delete(end);
      resolve(ending);
    };
    const timer = setTimeout(() => end('over'), seconds * 1_000);
    own.add(end);
    signal.addEventListener('abort', () => end('over'), { once: true });
  });
}
