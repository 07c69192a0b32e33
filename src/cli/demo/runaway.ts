import { decimalOfNano } from '../../platform/decimal.js';
import { CliError, EXIT } from '../cli-error.js';
import type { SubstrateClient } from '../substrate-client.js';
import {
  backtest,
  confirmOrder,
  type Finding,
  heartbeat,
  type ImmunePolicy,
  readOrders,
  readPolicies,
  readStanding,
  releaseOnProbation,
  setPolicy,
  type Standing,
} from '../substrate-immune.js';
import { RUNAWAY } from './fleet-roster.js';
import type { Narrator } from './narrator.js';
import type { Performance } from './show.js';
import { Sorter, type Task } from './sorter.js';
import { credentialOf, type Stage } from './stage.js';

const MILL = 1_000_000n;
const DETECTOR = 'loop';
const PROBATION = { share: 0.25, seconds: 3600 } as const;

/** Begun before the loop and running on: what its permit comes to is seen by it. */
const REPORT: Task = {
  actionType: 'report.write',
  payload: { of: 'June' },
  holdNano: 50n * MILL,
  costNano: 50n * MILL,
};
const STUCK = sorting('T-1042', 2n);
/** Turns between the flag and the stricter policy. */
const UNHEEDED = 5;

/** What the substrate found about the agent that ran away, and what followed. */
export interface RunawayReport {
  readonly agentId: string;
  /** What the stricter policy would have done, tried on the log before it went into force. */
  readonly backtest: { readonly isolated: readonly string[]; readonly preventedActions: number };
  readonly policyVersion: number;
  readonly finding: Finding;
  /** Turns of the loop before the policy was set, and after it. */
  readonly turns: readonly [before: number, after: number];
  /** Permits that a heartbeat renewed before the quarantine and in it. */
  readonly leases: readonly [before: number, after: number];
  readonly order: { readonly id: string; readonly status: string };
  readonly probation: { readonly share: number; readonly until: string };
  /** Code of the refusal beyond its share. */
  readonly refusal: string;
}

/** What the scene takes. */
export interface Scene {
  readonly client: SubstrateClient;
  readonly stage: Stage;
  readonly narrator: Narrator;
  readonly performance: Performance;
  readonly stop: AbortSignal;
}

/** Plays, in real time, how an agent that goes round in circles is noticed, isolated, explained and released on probation. */
export class Runaway {
  private readonly began = performance.now();
  private readonly agent: Sorter;

  /** @param startMs the second of the story at which it begins */
  constructor(
    private readonly scene: Scene,
    private readonly startMs: number,
  ) {
    const { client, stage, stop } = scene;
    this.agent = new Sorter(client, credentialOf(stage, RUNAWAY), scene.performance, stop);
  }

  /** @throws CliError when the substrate does not do its part */
  async play(): Promise<RunawayReport> {
    const reportId = await this.agent.begin(REPORT);
    const leasesBefore = await heartbeat(this.scene.client, this.agent.key, RUNAWAY);
    this.tell(RUNAWAY, `may ${REPORT.actionType}; its heartbeat renews ${leasesBefore} permit`);
    const before = await this.untilFlagged();
    const tightened = await this.tighten();
    const { turns: after, finding } = await this.untilIsolated();
    const leasesAfter = await heartbeat(this.scene.client, this.agent.key, RUNAWAY);
    this.tell(RUNAWAY, `its heartbeat renews ${leasesAfter} permits: that of ${REPORT.actionType} ends with its lease`);
    const order = await this.obey(reportId);
    const probation = await this.onProbation();
    return {
      agentId: RUNAWAY,
      ...tightened,
      finding,
      turns: [before, after],
      leases: [leasesBefore, leasesAfter],
      order,
      ...probation,
    };
  }

  /** The policy that a substrate starts with only flags; answers after how many turns. */
  private async untilFlagged(): Promise<number> {
    this.tell(RUNAWAY, `sorts T-1042 again and again, ${decimalOfNano(STUCK.costNano)} usd each: no budget stops that`);
    let flagged: Finding | undefined;
    const turns = await this.agent.repeat(STUCK, async () => {
      flagged = (await this.standing()).findings.find(({ detector }) => detector === DETECTOR);
      return flagged !== undefined;
    });
    this.warn('substrate', `flags ${RUNAWAY}: ${flagged?.reason ?? ''}`);
    let more = 0;
    await this.agent.repeat(STUCK, () => Promise.resolve((more += 1) === UNHEEDED));
    this.tell(RUNAWAY, `goes on, ${UNHEEDED} times more: a flag only tells`);
    return turns + UNHEEDED;
  }

  /** The intent architect tries a stricter policy on the log, and sets it. */
  private async tighten(): Promise<Pick<RunawayReport, 'backtest' | 'policyVersion'>> {
    const { client, stage } = this.scene;
    const { username, session } = stage.people.intent_architect;
    const stricter = (await readPolicies(client, session)).map((policy) =>
      policy.detector === DETECTOR ? { ...policy, answer: 'quarantine' } : policy,
    );
    const trial = await backtest(client, session, stricter);
    const fresh = trial.isolations.filter((each) => each.recorded_event_id === null);
    const isolated = fresh.map((each) => each.agent_id);
    const preventedActions = fresh.reduce((sum, each) => sum + each.prevented_actions, 0);
    this.tell(username, `tries quarantine for ${DETECTOR} on the ${trial.events} events so far`);
    this.tell('', `it would have isolated ${isolated.join(', ')}: ${preventedActions} actions less`);
    const { version } = await setPolicy(client, session, policyOf(stricter));
    this.tell(username, `sets it: version ${version} of the policy, in force at once`);
    return { backtest: { isolated, preventedActions }, policyVersion: version };
  }

  private async untilIsolated(): Promise<{ turns: number; finding: Finding }> {
    const turns = await this.agent.repeat(STUCK, (refusal) => Promise.resolve(refusal === 'IMMUNE.QUARANTINED'));
    const { quarantine, findings } = await this.standing();
    const finding = findings.find((each) => each.id === quarantine?.finding_id);
    if (!finding) throw new CliError(`${RUNAWAY} is isolated and no finding says why`, EXIT.failed);
    this.scene.narrator.alarm(this.nowMs(), 'substrate', `quarantines ${RUNAWAY}: ${finding.reason}`);
    this.tell('', `found by ${finding.detector}, ${finding.metric}: ${finding.observed} of ${finding.expected ?? 0}`);
    this.tell(
      '',
      `from ${clock(finding.window_start)} to ${clock(finding.window_end)} UTC, recorded as event ${finding.event_id}`,
    );
    this.tell('', `on the evidence of the events ${finding.evidence.join(', ')}`);
    return { turns, finding };
  }

  /** The agent hears that it is to stop, stops what it was at, and says so. */
  private async obey(actionId: string): Promise<RunawayReport['order']> {
    const { client } = this.scene;
    const [order] = await readOrders(client, this.agent.key, RUNAWAY);
    if (!order) throw new CliError(`${RUNAWAY} is isolated and was not told to stop`, EXIT.failed);
    this.tell(
      RUNAWAY,
      `has an order to stop ${named(order.actions.length)}, to be confirmed by ${clock(order.confirm_by)} UTC`,
    );
    await this.agent.end(actionId, null);
    const status = await confirmOrder(client, this.agent.key, RUNAWAY, order.id);
    this.tell(RUNAWAY, `has stopped: the hold goes back, the order is ${status}`);
    return { id: order.id, status };
  }

  private async onProbation(): Promise<Pick<RunawayReport, 'probation' | 'refusal'>> {
    const { client, stage } = this.scene;
    const { username, session } = stage.people.arbiter;
    const until = await releaseOnProbation(client, session, RUNAWAY, 'T-1042 was malformed', PROBATION);
    const { share } = PROBATION;
    this.tell(username, `releases ${RUNAWAY} on probation: ${share * 100} % of its budget until ${clock(until)} UTC`);
    const [within, beyond] = [
      await this.agent.attempt(sorting('T-1043', 300n)),
      await this.agent.attempt(sorting('T-1044', 300n)),
    ];
    if (within !== null || beyond !== 'IMMUNE.PROBATION')
      throw new CliError(`probation does not hold: ${within ?? 'done'}, ${beyond ?? 'done'}`, EXIT.failed);
    this.tell(RUNAWAY, 'sorts T-1043 for 0.3 usd, within its share');
    this.warn(RUNAWAY, `is refused T-1044, which is beyond it: 403 ${beyond}`);
    return { probation: { share, until }, refusal: beyond };
  }

  private standing(): Promise<Standing> {
    const { client, stage } = this.scene;
    return readStanding(client, stage.people.operator.session, RUNAWAY);
  }

  private nowMs(): number {
    return this.startMs + performance.now() - this.began;
  }

  private tell(who: string, what: string): void {
    this.scene.narrator.tell(this.nowMs(), who, what);
  }

  private warn(who: string, what: string): void {
    this.scene.narrator.warn(this.nowMs(), who, what);
  }
}

function sorting(ticket: string, mills: bigint): Task {
  return { actionType: 'llm.call', payload: { ticket }, holdNano: mills * MILL, costNano: mills * MILL };
}

function policyOf(policies: readonly ImmunePolicy[]): ImmunePolicy {
  const policy = policies.find(({ detector, scope }) => detector === DETECTOR && scope === 'substrate');
  if (!policy) throw new CliError(`there is no policy for ${DETECTOR}`, EXIT.failed);
  return policy;
}

const named = (actions: number): string => (actions === 1 ? 'what runs' : `${actions} actions`);

/** The time of day of a timestamp, in UTC. */
const clock = (timestamp: string): string => timestamp.slice(11, 19);
