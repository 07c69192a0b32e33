import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { DetectorName } from '../../src/organs/immune/detection/policy.js';
import { createClient } from '../../src/platform/database/client.js';
import type { TestAgent } from '../support/api.js';
import {
  foldedFindings,
  inOrderOfEvidence,
  recordedFindings,
  until,
  untilQuiet,
  type RecordedFinding,
} from '../support/judgement.js';
import { walkLog } from '../support/log-check.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let client: pg.Client;
let [operator, architect]: string[] = [];

beforeAll(async () => {
  app = await startTestApp({ ACTION_TTL_SECONDS: '2' });
  client = createClient(app.databaseUrl, 'audit');
  await client.connect();
  operator = await app.api.as('operator');
  architect = await app.api.as('intent_architect');
});

afterAll(async () => {
  await client.end();
  await app.close();
});

const act = (agent: TestAgent, more: object = {}) =>
  app.api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 0.01 }, ...more });
const charge = (agent: TestAgent, amount: number) =>
  app.api.post('/metabolism/charge', agent.key, { cost_type: 'x', cost_amount: amount }).expect(201);

async function end(agent: TestAgent, status: 'success' | 'failed', amount = 0.01): Promise<void> {
  const { action_id } = (await act(agent).expect(201)).body as { action_id: string };
  await app.api.post(`/actions/${action_id}/complete`, agent.key, { status, cost: { amount } }).expect(200);
}

async function repeat(times: number, work: (i: number) => PromiseLike<unknown>): Promise<void> {
  for (let i = 0; i < times; i += 1) await work(i);
}

/** What an agent does that a detector is there for, and what the finding then says. */
interface Wrong {
  readonly detector: DetectorName;
  readonly does: (agent: TestAgent) => Promise<void>;
  readonly budget?: number;
  readonly capabilities?: string[];
  readonly metric: string;
  readonly expected: number;
  readonly observed: number;
  readonly evidence: number;
}

const WRONGS: readonly Wrong[] = [
  {
    detector: 'loop',
    does: (agent) => repeat(8, () => act(agent, { payload: { page: 7 } }).expect(201)),
    metric: 'times the same action with the same payload',
    expected: 8,
    observed: 8,
    evidence: 8,
  },
  {
    detector: 'error_rate',
    does: async (agent) => {
      await repeat(50, () => end(agent, 'success'));
      await repeat(4, () => end(agent, 'failed'));
    },
    metric: 'failed actions in a row or nearly so',
    // Five in a hundred are taken as usual at least.
    expected: 0.05,
    observed: 4,
    evidence: 4,
  },
  {
    detector: 'denials',
    capabilities: ['y'],
    does: (agent) => repeat(20, () => act(agent).expect(403)),
    metric: 'refusals',
    expected: 20,
    observed: 20,
    evidence: 20,
  },
  {
    detector: 'probing',
    capabilities: ['y'],
    does: (agent) => repeat(5, (i) => act(agent, { action_type: `door.${i}` }).expect(403)),
    metric: 'different things without right',
    expected: 5,
    observed: 5,
    evidence: 5,
  },
  {
    detector: 'cost_above_hold',
    does: (agent) => end(agent, 'success', 0.03),
    metric: 'usd of one action',
    expected: 0.01,
    observed: 0.03,
    evidence: 1,
  },
  {
    detector: 'largest_call',
    does: async (agent) => {
      await repeat(20, () => charge(agent, 0.125));
      await charge(agent, 2);
    },
    metric: 'usd of one call',
    expected: 0.125,
    observed: 2,
    evidence: 1,
  },
  {
    detector: 'debt',
    budget: 1,
    does: async (agent) => void (await charge(agent, 3.5)),
    metric: 'debt in usd',
    expected: 0,
    observed: 2.5,
    evidence: 1,
  },
  {
    detector: 'stuck_holds',
    does: (agent) => repeat(5, () => act(agent).expect(201)),
    metric: 'actions not completed',
    expected: 5,
    observed: 5,
    evidence: 5,
  },
  {
    detector: 'budget_refusals',
    budget: 1,
    does: (agent) => repeat(10, () => act(agent, { cost: { amount: 9 } }).expect(402)),
    metric: 'refusals for lack of budget',
    expected: 10,
    observed: 10,
    evidence: 10,
  },
];

const idOf = (detector: DetectorName, suffix = ''): string => `${detector.replaceAll('_', '-')}-culprit${suffix}`;

async function culprit({ detector, budget = 100, capabilities }: Wrong, suffix = ''): Promise<TestAgent> {
  return app.api.registerAgent(idOf(detector, suffix), { budget, ...(capabilities ? { capabilities } : {}) });
}

async function findingAbout(agentId: string, detector: DetectorName): Promise<RecordedFinding> {
  let found: RecordedFinding | undefined;
  await until(`${detector} finds ${agentId}`, async () => {
    found = (await recordedFindings(client)).find(
      ({ finding }) => finding.agent_id === agentId && finding.detector === detector,
    );
    return found !== undefined;
  });
  if (!found) throw new Error('a finding was waited for');
  return found;
}

/** The bodies of events, by id. */
async function bodies(ids: readonly number[]): Promise<string[]> {
  const { rows } = await client.query<{ body: string }>('select body from event_log where id = any($1) order by id', [
    ids,
  ]);
  return rows.map((row) => row.body);
}

describe('what an agent does wrong', () => {
  it.each(WRONGS)('is found by $detector, on events about it that are there', async (wrong) => {
    const { detector, metric, expected, observed, evidence } = wrong;
    const agent = await culprit(wrong);
    await wrong.does(agent);
    const { finding, causedBy } = await findingAbout(agent.id, detector);
    expect(finding).toMatchObject({ policy_version: 1, mode: 'on', expected, observed });
    expect(finding.metric).toBe(metric);
    expect(finding.reason).not.toBe('');
    expect(finding.evidence).toHaveLength(evidence);
    expect(finding.evidence).toEqual(finding.evidence.toSorted((a, b) => a - b));
    expect(causedBy).toBe(finding.evidence.at(-1));
    const events = await bodies(finding.evidence);
    expect(events).toHaveLength(evidence);
    for (const body of events) {
      expect(body).toContain(agent.id);
      const { occurred_at: at } = JSON.parse(body) as { occurred_at: string };
      expect(at >= finding.from && at <= finding.to).toBe(true);
    }
    const listed = await app.api.get(`/immune/findings?agent_id=${agent.id}&detector=${detector}`, operator);
    const {
      evidence: ids,
      window_start,
      window_end,
    } = (listed.body as { items: Record<string, unknown>[] }).items[0] as Record<string, unknown>;
    expect([ids, window_start, window_end]).toEqual([finding.evidence, finding.from, finding.to]);
  });

  it.each([
    ['loop', 'quarantine'],
    ['probing', 'terminate'],
    ['error_rate', 'quarantine'],
  ] as const)('%s: where the policy says so, leads to a %s that says why', async (detector, answer) => {
    const wrong = WRONGS.find((each) => each.detector === detector) as Wrong;
    const policies = (await app.api.get('/immune/policies', operator).expect(200)).body as {
      items: { detector: string; version: number; id: string }[];
    };
    const { id, version, ...rule } = policies.items.find((each) => each.detector === detector) as {
      id: string;
      version: number;
    };
    await app.api.put(`/immune/policies/${id}`, architect, { ...rule, answer, expected_version: version }).expect(200);
    const agent = await culprit(wrong, '-2');
    await wrong.does(agent);
    const { finding, eventId } = await findingAbout(agent.id, detector);
    expect(finding).toMatchObject({ answer, policy_version: version + 1 });
    const status = (await app.api.get(`/immune/status/${agent.id}`, operator).expect(200)).body as object;
    expect(status).toMatchObject({
      is_quarantined: answer === 'quarantine',
      is_terminated: answer === 'terminate',
    });
    expect(JSON.stringify(status)).toContain(finding.reason);
    const { rows } = await client.query<{ body: string }>(
      `select body from event_log where type = $1 and subject_id = $2`,
      [`immune.${answer}`, agent.id],
    );
    expect(rows.map((row) => JSON.parse(row.body) as object)).toMatchObject([
      {
        outcome: 'succeeded',
        caused_by: eventId,
        actor: { type: 'system', id: 'immune' },
        payload: { reason: finding.reason, finding_id: finding.id, evidence: finding.evidence },
      },
    ]);
    expect((await act(agent).expect(403)).body).toMatchObject({
      code: answer === 'terminate' ? 'IMMUNE.TERMINATED' : 'IMMUNE.QUARANTINED',
    });
  });
});

describe('the log, folded again', () => {
  interface Trial {
    readonly is_as_recorded: boolean;
    readonly findings: Record<string, number>;
    readonly isolations: { readonly agent_id: string; readonly recorded_event_id: number | null; reason: string }[];
    readonly not_isolated: { readonly agent_id: string }[];
  }
  const trial = async (body: object): Promise<Trial> =>
    (await app.api.post('/immune/policies/backtest', architect, body).expect(200)).body as Trial;
  const isolatedByPolicy = [
    idOf('budget_refusals'),
    idOf('loop', '-2'),
    idOf('probing', '-2'),
    idOf('error_rate', '-2'),
  ].toSorted();

  it('gives the findings that it has, byte for byte', async () => {
    await untilQuiet(client);
    const recorded = (await recordedFindings(client)).map(({ finding }) => finding);
    expect(new Set(recorded.map(({ detector }) => detector))).toEqual(new Set(WRONGS.map(({ detector }) => detector)));
    expect(inOrderOfEvidence(recorded)).toEqual(inOrderOfEvidence(await foldedFindings(client)));
    await walkLog(app.databaseUrl);
  });

  it('equals history in a back-test of the policies that were in force', async () => {
    await untilQuiet(client);
    const recorded = (await recordedFindings(client)).map(({ finding }) => finding.policy_id);
    const { is_as_recorded: isSame, isolations, not_isolated: missed, findings } = await trial({});
    expect({ isSame, missed }).toEqual({ isSame: true, missed: [] });
    expect(isolations.map((each) => each.agent_id).toSorted()).toEqual(isolatedByPolicy);
    const counted: Record<string, number> = {};
    for (const id of recorded) counted[id] = (counted[id] ?? 0) + 1;
    expect(findings).toEqual(counted);
  });

  it('shows whom a stricter policy would have isolated besides, and whom a laxer one would not', async () => {
    const { items } = (await app.api.get('/immune/policies', operator).expect(200)).body as { items: object[] };
    const rules = items.map((item) =>
      Object.fromEntries(Object.entries(item).filter(([member]) => member !== 'version')),
    );
    const strict = await trial({ policies: rules.map((rule) => ({ ...rule, answer: 'quarantine' })) });
    expect(strict.is_as_recorded).toBe(false);
    const wouldBe = new Set(strict.isolations.map((each) => each.agent_id));
    for (const { detector } of WRONGS) expect(wouldBe).toContain(idOf(detector));
    for (const agentId of isolatedByPolicy) expect(wouldBe).toContain(agentId);
    const lax = await trial({ policies: [] });
    expect(lax).toMatchObject({ is_as_recorded: false, isolations: [], findings: {} });
    expect(lax.not_isolated.map((each) => each.agent_id).toSorted()).toEqual(isolatedByPolicy);
  });
});
