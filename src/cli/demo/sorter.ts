import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, EXIT } from '../cli-error.js';
import { jsonAmount } from '../exact-amount.js';
import { StoppedError } from '../stop-signal.js';
import { AuthorizationSchema, DecidedSchema } from '../substrate-answers.js';
import type { SubstrateClient } from '../substrate-client.js';
import type { AgentKey } from '../substrate-credentials.js';
import { SubstrateError } from '../substrate-error.js';
import type { Performance } from './show.js';

/** Between two turns of the loop. */
const TURN_EVERY_MS = 150;
/** Detectors judge within a second; this allows for a busy machine. */
const DEADLINE_MS = 30_000;

/** One action and what it takes, in nano-dollars. */
export interface Task {
  readonly actionType: string;
  readonly payload: Readonly<Record<string, string>>;
  readonly holdNano: bigint;
  readonly costNano: bigint;
}

/** The agent that runs away: begins and ends actions, and goes round in circles on request. */
export class Sorter {
  constructor(
    private readonly client: SubstrateClient,
    readonly key: AgentKey,
    private readonly performance: Performance,
    private readonly stop: AbortSignal,
  ) {}

  /** Begins an action. @throws SubstrateError where it may not */
  async begin({ actionType, payload, holdNano }: Task): Promise<string> {
    const body = { action_type: actionType, payload, cost: { amount: jsonAmount(holdNano), unit: 'usd' } };
    try {
      const call = { method: 'POST', path: '/actions', as: this.key, body } as const;
      const { body: answer } = await this.client.request(AuthorizationSchema, call);
      this.performance.authorized++;
      return answer.action_id;
    } catch (error) {
      if (error instanceof SubstrateError) this.performance.refused++;
      throw error;
    }
  }

  /** Ends an action: done at its cost, or given up at none. */
  async end(actionId: string, costNano: bigint | null): Promise<void> {
    const body =
      costNano === null ? { status: 'failed' } : { status: 'success', cost: { amount: jsonAmount(costNano) } };
    const call = { method: 'POST', path: `/actions/${actionId}/complete`, as: this.key, body } as const;
    await this.client.request(DecidedSchema, call);
    if (costNano === null) this.performance.failed++;
    else this.performance.settled++;
  }

  /** Does a task once; answers the code of the refusal where it may not, else null. */
  async attempt(task: Task): Promise<string | null> {
    try {
      await this.end(await this.begin(task), task.costNano);
      return null;
    } catch (error) {
      if (error instanceof SubstrateError && error.status === 403) return error.code;
      throw error;
    }
  }

  /**
   * Does the same task again and again, until something is so; answers how many times it was done.
   * @throws CliError when it is not so within the deadline
   */
  async repeat(task: Task, isSo: (refusal: string | null) => Promise<boolean>): Promise<number> {
    const deadline = performance.now() + DEADLINE_MS;
    for (let turns = 0; performance.now() < deadline;) {
      const refusal = await this.attempt(task);
      if (refusal === null) turns++;
      if (await isSo(refusal)) return turns;
      await this.pause();
    }
    throw new CliError(`the substrate did not notice the loop within ${DEADLINE_MS / 1000} s`, EXIT.failed);
  }

  private async pause(): Promise<void> {
    try {
      await sleep(TURN_EVERY_MS, undefined, { signal: this.stop });
    } catch {
      throw new StoppedError();
    }
  }
}
