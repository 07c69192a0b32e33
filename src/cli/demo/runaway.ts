import { decimalOfNano } from '../../platform/decimal.js';
import { CliError, EXIT } from '../cli-error.js';
import { type Finding, heartbeat } from '../substrate-immune.js';
import { RUNAWAY } from './fleet-roster.js';
import { type ObeyedOrder, obeyOrder, type Release, release } from './release.js';
import { DETECTOR, MILL_NANO, type Scene, sorting, timeOfDay } from './scene.js';
import type { Task } from './sorter.js';
import { setStricterPolicy, type StricterPolicy } from './stricter-policy.js';

const REPORT_NANO = 50n * MILL_NANO;
/** Begun before the loop and running on: by it one sees what becomes of a permit. */
const REPORT: Task = {
  actionType: 'report.write',
  payload: { of: 'June' },
  holdNano: REPORT_NANO,
  costNano: REPORT_NANO,
};
/** Done again and again. */
const STUCK = sorting('T-1042', 2n * MILL_NANO);
/** Turns between the flag and the stricter policy. */
const UNHEEDED = 5;

/** What the substrate found about the agent that ran away, and what followed. */
export interface RunawayReport extends StricterPolicy, Release {
  readonly agentId: string;
  readonly finding: Finding;
  /** Turns of the loop before the policy was set, and after it. */
  readonly turns: readonly [before: number, after: number];
  /** Permits that a heartbeat renewed before the quarantine and in it. */
  readonly leases: readonly [before: number, after: number];
  readonly order: ObeyedOrder;
}

/**
 * Plays how an agent that goes round in circles is noticed, isolated, explained and released on probation.
 * @throws CliError when the substrate does not do its part
 */
export async function playRunaway(scene: Scene): Promise<RunawayReport> {
  const { client, agent } = scene;
  const reportId = await agent.begin(REPORT);
  const leasesBefore = await heartbeat(client, agent.key, RUNAWAY);
  scene.tell(RUNAWAY, `may ${REPORT.actionType}; its heartbeat renews ${leasesBefore} permit`);
  const before = await untilFlagged(scene);
  const policy = await setStricterPolicy(scene);
  const after = await agent.repeat(STUCK, (refusal) => Promise.resolve(refusal === 'IMMUNE.QUARANTINED'));
  const finding = await explain(scene);
  const leasesAfter = await heartbeat(client, agent.key, RUNAWAY);
  scene.tell(RUNAWAY, `its heartbeat renews ${leasesAfter} permits: that of ${REPORT.actionType} ends with its lease`);
  const order = await obeyOrder(scene, reportId);
  const released = await release(scene);
  return {
    agentId: RUNAWAY,
    ...policy,
    finding,
    turns: [before, after],
    leases: [leasesBefore, leasesAfter],
    order,
    ...released,
  };
}

/** The policy that a substrate starts with only flags, and the agent goes on; answers after how many turns. */
async function untilFlagged(scene: Scene): Promise<number> {
  const cost = decimalOfNano(STUCK.costNano);
  scene.tell(RUNAWAY, `sorts T-1042 again and again, ${cost} usd each: no budget stops that`);
  let flagged: Finding | undefined;
  const turns = await scene.agent.repeat(STUCK, async () => {
    flagged = (await scene.standing()).findings.find(({ detector }) => detector === DETECTOR);
    return flagged !== undefined;
  });
  scene.warn('substrate', `flags ${RUNAWAY}: ${flagged?.reason ?? ''}`);
  let more = 0;
  await scene.agent.repeat(STUCK, () => Promise.resolve((more += 1) === UNHEEDED));
  scene.tell(RUNAWAY, `goes on, ${UNHEEDED} times more: a flag only tells`);
  return turns + UNHEEDED;
}

/** Why the agent is isolated: the finding that its quarantine answers. */
async function explain(scene: Scene): Promise<Finding> {
  const { quarantine, findings } = await scene.standing();
  const finding = findings.find((each) => each.id === quarantine?.finding_id);
  if (!finding) throw new CliError(`${RUNAWAY} is isolated and no finding says why`, EXIT.failed);
  const { detector, metric, expected, observed, evidence, reason, event_id: eventId } = finding;
  scene.alarm('substrate', `quarantines ${RUNAWAY}: ${reason}`);
  scene.tell('', `found by ${detector}, ${metric}: ${observed} of ${expected ?? 0}`);
  scene.tell(
    '',
    `from ${timeOfDay(finding.window_start)} to ${timeOfDay(finding.window_end)}, recorded as event ${eventId}`,
  );
  scene.tell('', `on the evidence of the events ${evidence.join(', ')}`);
  return finding;
}
