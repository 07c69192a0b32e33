import { decimalOfNano, nanoOfNumber } from '../../platform/decimal.js';
import type { z } from 'zod';
import { jsonAmount } from '../exact-amount.js';
import { AuthorizationSchema, DecidedSchema, ImmuneStatusSchema } from '../substrate-answers.js';
import type { SubstrateClient } from '../substrate-client.js';
import type { UserSession } from '../substrate-credentials.js';
import { SubstrateError } from '../substrate-error.js';
import { OVERSPENDER, REFLEX, REFLEX_ACTION } from './fleet-roster.js';
import type { Narrator } from './narrator.js';
import type { Call, Moment } from './scenario.js';
import { credentialOf, type Stage } from './stage.js';

/** Budget held for the reflex, one cent. */
const REFLEX_HOLD_NANO = 10_000_000n;

/** What became of one agent's calls. */
export interface Performance {
  authorized: number;
  refused: number;
  settled: number;
  failed: number;
}

/** Plays a story against a running substrate, call by call in the story's order, and tells it as it goes. */
export class Show {
  readonly performances = new Map<string, Performance>();
  private readonly openActions = new Map<Call, string>();
  private readonly quarantined = new Set<string>();
  /** Agents that have been told of their quarantine, and ask no more. */
  private readonly silent = new Set<string>();

  constructor(
    private readonly client: SubstrateClient,
    private readonly stage: Stage,
    private readonly narrator: Narrator,
  ) {}

  async play(moments: readonly Moment[], stop: AbortSignal): Promise<void> {
    for (const { atMs, kind, call } of moments) {
      if (stop.aborted) return;
      if (kind === 'begin') await this.begin(atMs, call);
      else await this.end(atMs, call);
    }
    if (this.quarantined.size > 0) await this.calmDown(moments.at(-1)?.atMs ?? 0);
  }

  private async begin(atMs: number, call: Call): Promise<void> {
    if (this.silent.has(call.agentId)) return;
    const own = this.performanceOf(call.agentId);
    try {
      const { action_id: actionId, remaining_budget: left } = await this.authorize(call);
      this.openActions.set(call, actionId);
      own.authorized++;
      const held = decimalOfNano(call.holdNano);
      const rest = decimalOfNano(nanoOfNumber(left));
      this.narrator.tell(atMs, call.agentId, `may ${call.actionType}: ${held} usd held, ${rest} left`);
    } catch (error) {
      if (!(error instanceof SubstrateError)) throw error;
      own.refused++;
      this.narrator.warn(atMs, call.agentId, `is refused ${call.actionType}: ${error.status} ${error.code}`);
      if (error.code === 'IMMUNE.QUARANTINED') this.silent.add(call.agentId);
      else if (error.status === 402) await this.watch(atMs, call.agentId);
    }
  }

  private async end(atMs: number, call: Call): Promise<void> {
    const actionId = this.openActions.get(call);
    if (actionId === undefined) return;
    this.openActions.delete(call);
    const own = this.performanceOf(call.agentId);
    const body = { status: call.succeeds ? 'success' : 'failed', cost: { amount: jsonAmount(call.costNano) } };
    const path = `/actions/${actionId}/complete`;
    await this.client.request(DecidedSchema, {
      method: 'POST',
      path,
      as: credentialOf(this.stage, call.agentId),
      body,
    });
    if (call.succeeds) {
      own.settled++;
      this.narrator.tell(
        atMs,
        call.agentId,
        `is done with ${call.actionType}: cost ${decimalOfNano(call.costNano)} usd`,
      );
    } else {
      own.failed++;
      this.narrator.tell(atMs, call.agentId, `fails at ${call.actionType}: the hold goes back`);
    }
  }

  private async authorize(
    call: Pick<Call, 'agentId' | 'actionType' | 'holdNano'>,
  ): Promise<z.infer<typeof AuthorizationSchema>> {
    const body = { action_type: call.actionType, cost: { amount: jsonAmount(call.holdNano), unit: 'usd' } };
    const as = credentialOf(this.stage, call.agentId);
    return (await this.client.request(AuthorizationSchema, { method: 'POST', path: '/actions', as, body })).body;
  }

  /** Looks whether the system has quarantined an agent that was refused for lack of budget. */
  private async watch(atMs: number, agentId: string): Promise<void> {
    const { operator } = this.stage.people;
    const path = `/immune/status/${agentId}`;
    const { body } = await this.client.request(ImmuneStatusSchema, { method: 'GET', path, as: operator.session });
    if (!body.is_quarantined || this.quarantined.has(agentId)) return;
    this.quarantined.add(agentId);
    const why = 'refused for lack of budget too often within a minute';
    this.narrator.alarm(atMs, 'substrate', `quarantines ${agentId}: ${why}`);
    await this.raiseAlarm(atMs, agentId);
  }

  /** The operator raises the alert, if the system was not faster, and the reflex limits traffic. */
  private async raiseAlarm(atMs: number, agentId: string): Promise<void> {
    const { operator } = this.stage.people;
    try {
      await this.moveState(operator.session, 'alert', `${agentId} was quarantined`);
      this.narrator.tell(atMs, operator.username, 'raises the state to alert');
    } catch (error) {
      if (!(error instanceof SubstrateError && error.code === 'ARBITER.INVALID_TRANSITION')) throw error;
      this.narrator.tell(atMs, operator.username, 'finds the state raised already');
    }
    const { action_id: actionId } = await this.authorize({
      agentId: REFLEX,
      actionType: REFLEX_ACTION,
      holdNano: REFLEX_HOLD_NANO,
    });
    this.performanceOf(REFLEX).authorized++;
    await this.client.request(DecidedSchema, {
      method: 'POST',
      path: `/actions/${actionId}/complete`,
      as: credentialOf(this.stage, REFLEX),
      body: { status: 'success' },
    });
    this.performanceOf(REFLEX).settled++;
    this.narrator.tell(atMs, REFLEX, `does ${REFLEX_ACTION} by reflex`);
  }

  private async calmDown(atMs: number): Promise<void> {
    const { arbiter } = this.stage.people;
    await this.moveState(arbiter.session, 'observe', 'the overspending has stopped');
    this.narrator.tell(
      atMs,
      arbiter.username,
      `calls the alert off; ${OVERSPENDER} stays in quarantine until an arbiter releases it`,
    );
  }

  private async moveState(as: UserSession, toState: string, trigger: string): Promise<void> {
    const body = { to_state: toState, trigger };
    await this.client.request(DecidedSchema, { method: 'POST', path: '/state/transition', as, body });
  }

  /** What has become of an agent's calls so far. */
  performanceOf(agentId: string): Performance {
    const known = this.performances.get(agentId);
    if (known !== undefined) return known;
    const fresh = { authorized: 0, refused: 0, settled: 0, failed: 0 };
    this.performances.set(agentId, fresh);
    return fresh;
  }
}
