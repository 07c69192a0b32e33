import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, EXIT } from '../cli-error.js';
import { StoppedError } from '../stop-signal.js';
import type { SubstrateClient } from '../substrate-client.js';
import type { ReadyAgent } from './fleet.js';
import { LanePlayer } from './lane-player.js';
import { Permits } from './permits.js';
import type { Lane, Plan } from './plan.js';
import type { RunTerms } from './step-request.js';
import type { Tally } from './tally.js';

/** Unexplained answers after which a run is given up: something is wrong beyond single rows. */
const ERRORS_MAX = 20;

/** Longest single wait; a timer's delay is a 32-bit number of milliseconds, and a trace may pause for weeks. */
const WAIT_MAX_MS = 3_600_000;

export interface Pace {
  /** Multiple of real time; infinite: no waiting. */
  readonly speed: number;
  /** Requests in flight at most. */
  readonly concurrency: number;
}

/** How a run came to its end; `problem` is why it was given up. */
export interface RunEnd {
  readonly stopped: boolean;
  readonly problem: Error | null;
}

/** Plays all lanes of a plan beside each other; the steps of one lane stay in order. */
export class Runner {
  private readonly permits: Permits;
  private readonly startedMs = performance.now();
  private problem: Error | null = null;
  private errors = 0;

  constructor(
    private readonly client: SubstrateClient,
    private readonly terms: RunTerms,
    private readonly pace: Pace,
    private readonly tally: Tally,
    private readonly stop: AbortSignal,
  ) {
    this.permits = new Permits(pace.concurrency);
  }

  /** Ends when every step is played, the person asked to stop, or going on makes no sense; never throws. */
  async run(plan: Plan, agents: ReadonlyMap<string, ReadyAgent>): Promise<RunEnd> {
    await Promise.all(
      plan.lanes.map(async (lane) => {
        const agent = agents.get(lane.user);
        try {
          if (agent === undefined) throw new CliError(`no agent was made ready for ${lane.user}`, EXIT.failed);
          await this.playLane(lane, agent, plan.firstMs);
        } catch (error) {
          if (!(error instanceof StoppedError))
            this.problem ??= error instanceof Error ? error : new Error(String(error));
        }
      }),
    );
    return { stopped: this.stop.aborted, problem: this.problem };
  }

  private async playLane(lane: Lane, agent: ReadyAgent, firstMs: number): Promise<void> {
    const player = new LanePlayer(this.client, agent, this.terms);
    for (const step of lane.steps) {
      await this.waitUntil(this.startedMs + (step.atMs - firstMs) / this.pace.speed);
      await this.permits.run(async () => {
        if (this.isOver()) return;
        const result = await player.play(step);
        this.tally.add({ user: lane.user, agentId: agent.agentId }, result);
        if (result.outcome === 'error' && ++this.errors >= ERRORS_MAX) {
          throw new CliError(`given up after ${ERRORS_MAX} unexplained answers`, EXIT.failed);
        }
      });
      if (this.isOver()) return;
    }
  }

  private async waitUntil(dueMs: number): Promise<void> {
    for (let leftMs = dueMs - performance.now(); leftMs > 0 && !this.isOver(); leftMs = dueMs - performance.now()) {
      try {
        await sleep(Math.min(leftMs, WAIT_MAX_MS), undefined, { signal: this.stop });
      } catch {
        throw new StoppedError();
      }
    }
  }

  private isOver(): boolean {
    return this.stop.aborted || this.problem !== null;
  }
}
