import { nanoOfNumber } from '../../platform/decimal.js';
import { CliError, EXIT } from '../cli-error.js';
import { AuthorizationSchema, BookedSchema } from '../substrate-answers.js';
import type { SubstrateClient } from '../substrate-client.js';
import { SubstrateError } from '../substrate-error.js';
import type { ReadyAgent } from './fleet.js';
import type { Ending, Step } from './plan.js';
import { requestOf, type RunTerms } from './step-request.js';
import type { Outcome, StepResult } from './tally.js';

/** Refusals that mean "stand still": asking on would only fill the log with denials. */
const STAND_STILL: ReadonlySet<string> = new Set(['IMMUNE.QUARANTINED', 'IMMUNE.TERMINATED', 'ARBITER.STATE_FORBIDS']);

/** How long an agent stands still before it asks again; somebody may have released it. */
const STAND_STILL_MS = 10_000;

const OUTCOME_OF: Readonly<Record<Ending, Outcome>> = { success: 'settled', failed: 'failed', never: 'never_ended' };

/** The action of a completion, as far as its start came. */
const NEVER_ASKED = '';

/** Plays the steps of one agent, one after the other, and says what became of each. */
export class LanePlayer {
  private readonly actions = new Map<number, string>();
  private stillUntilMs = 0;

  constructor(
    private readonly client: SubstrateClient,
    private readonly agent: ReadyAgent,
    private readonly terms: RunTerms,
  ) {}

  /** @throws CliError when going on makes no sense, SubstrateUnreachable when nobody answers any more */
  async play(step: Step): Promise<StepResult> {
    const costNano = step.kind === 'start' ? 0n : step.costNano;
    if (step.kind === 'complete') {
      if (!this.actions.has(step.opens)) return { outcome: 'not_run', costNano, replayed: false, sent: false };
    } else if (Date.now() < this.stillUntilMs) {
      return { outcome: 'withheld', costNano, replayed: false, sent: false };
    }
    try {
      return { costNano, ...(await this.send(step)), sent: true };
    } catch (error) {
      if (!(error instanceof SubstrateError)) throw error;
      return { ...this.explain(step, error), costNano, replayed: false, sent: true };
    }
  }

  private async send(step: Step): Promise<{ outcome: Outcome; replayed: boolean; costNano?: bigint }> {
    const actionId = step.kind === 'complete' ? (this.actions.get(step.opens) ?? NEVER_ASKED) : NEVER_ASKED;
    const call = { ...requestOf(step, this.terms, actionId), as: this.agent.key };
    if (step.kind === 'start') {
      const { body, replayed } = await this.client.request(AuthorizationSchema, call);
      this.actions.set(step.seq, body.action_id);
      return { outcome: 'authorized', replayed };
    }
    const { body, replayed } = await this.client.request(BookedSchema, call);
    // What usage costs, only the substrate says.
    const booked = this.terms.format.priced && (body.cost ?? body.charged);
    const cost = booked ? { costNano: nanoOfNumber(booked.amount) } : {};
    if (step.kind === 'charge') return { outcome: 'charged', replayed, ...cost };
    this.actions.delete(step.opens);
    return { outcome: OUTCOME_OF[step.ending], replayed, ...cost };
  }

  private explain(step: Step, error: SubstrateError): Pick<StepResult, 'outcome' | 'code' | 'remark'> {
    const { status, code } = error;
    const where = `row ${step.seq} (${this.agent.agentId}, ${step.kind})`;
    if (status === 422) {
      throw new CliError(
        `${where} was played within the last 24 hours with other options: repeat those, or give --run NAME to book it anew`,
        EXIT.failed,
      );
    }
    if (status === 401) {
      throw new CliError(
        `the key of ${this.agent.agentId} was refused: run again, which issues a new one`,
        EXIT.failed,
      );
    }
    const remark = `${where}: ${error.message}`;
    if (status === 409 && step.kind === 'complete') return { outcome: 'conflict', code, remark };
    if (status !== 402 && status !== 403) return { outcome: 'error', code, remark };
    if (STAND_STILL.has(code)) this.stillUntilMs = Date.now() + STAND_STILL_MS;
    return { outcome: 'denied', code };
  }
}
