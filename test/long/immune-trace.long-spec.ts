import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { planTrace, type Step } from '../../src/cli/replay/plan.js';
import type { TraceFormat } from '../../src/cli/replay/trace-format.js';
import { readTrace } from '../../src/cli/replay/trace-reader.js';
import { Submission, type Caller, type Command, type Reply } from '../../src/event-log/command.js';
import { inserted } from '../../src/event-log/effect.js';
import { authorizeCommand } from '../../src/organs/actions/authorize.command.js';
import { chargeCommand } from '../../src/organs/actions/charge.command.js';
import { completeCommand } from '../../src/organs/actions/complete.command.js';
import { expireCommand } from '../../src/organs/actions/expire.command.js';
import { registerCommand } from '../../src/organs/agents/agents.commands.js';
import { newApiKey } from '../../src/organs/agents/api-key.js';
import { STATE } from '../../src/organs/arbiter/arbiter.rules.js';
import { THE_STATE, type SubstrateState } from '../../src/organs/arbiter/entities/substrate-state.entity.js';
import { DEFAULT_STATE_POLICIES, STATE_POLICIES } from '../../src/organs/arbiter/state-policies.js';
import { Backtest, type Verdict } from '../../src/organs/immune/detection/backtest.js';
import { QUARANTINING_POLICIES } from '../../src/organs/immune/detection/default-policies.js';
import { DetectorEngine } from '../../src/organs/immune/detection/engine.js';
import { factsOf } from '../../src/organs/immune/detection/fact-reader.js';
import { eventsAfter } from '../../src/organs/immune/event-reader.js';
import { findingCommand } from '../../src/organs/immune/finding.command.js';
import { POLICIES } from '../../src/organs/immune/tables.js';
import { allocateCommand } from '../../src/organs/metabolism/metabolism.commands.js';
import { openClockedSpine, type ClockedSpine } from '../support/clocked-spine.js';
import { foldedFindings, inOrderOfEvidence, recordedFindings } from '../support/judgement.js';
import { walkLog } from '../support/log-check.js';
import { AIDER } from '../support/replays.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { note } from '../support/test-spine.js';

/** Rows of the trace: in the first 1,863 of them nobody asks before the call. */
const ROWS = 5_000;
/** Seconds that a hold lives; its end is told when it is due. */
const TTL_SECONDS = 900;
/** A budget's window: longer than the trace. */
const HOURS = 10_000;
const TRACE_MS = 60_000;

let database: TestDatabase;
let lab: ClockedSpine;
let format: TraceFormat;
let steps: (Step & { readonly agentId: string })[] = [];

const on = existsSync(AIDER) ? it : it.skip;

beforeAll(async () => {
  if (!existsSync(AIDER)) return;
  const trace = await readTrace(AIDER);
  format = trace.format;
  const plan = planTrace(trace.events, ROWS);
  steps = plan.lanes
    .flatMap(({ user, steps: own }) => own.map((step) => ({ ...step, agentId: `${format.agentPrefix}${user}` })))
    .toSorted((a, b) => a.atMs - b.atMs || a.seq - b.seq);
  database = await createTestDatabase();
  lab = await openClockedSpine(database.url, plan.firstMs);
  const genesis = note('genesis', {
    decide: (_state, { now, eventId }) => {
      const begins = { current_state: 'observe', trigger: 'genesis', raised_by: 'genesis' } as const;
      const state: SubstrateState = { id: THE_STATE, ...begins, since: now, event_id: eventId };
      const states = DEFAULT_STATE_POLICIES.map((policy) => inserted(STATE_POLICIES, policy));
      const policies = QUARANTINING_POLICIES.map((policy) => inserted(POLICIES, policy));
      return { outcome: 'succeeded', answer: {}, effects: [inserted(STATE, state), ...states, ...policies] };
    },
  });
  expect((await execute(genesis)).status).toBe(200);
}, TRACE_MS);

afterAll(async () => {
  await lab?.close();
  await database?.drop();
});

const SYSTEM: Caller = { kind: 'system', id: 'immune' };
const agentOf = (id: string): Caller => ({ kind: 'agent', id, keyId: 'a key' });

function execute(command: Command, caller: Caller = { kind: 'user', id: 'operator' }): Promise<Reply> {
  return lab.spine.execute({ submission: Submission.of(command), caller, requestId: 'request', instance: '/test' });
}

/** What is done at the trace's times, each in a transaction of its own; what is found is recorded right after it. */
class Life {
  private readonly engine = new DetectorEngine();
  private readonly known = new Set<string>();
  private readonly actions = new Map<number, string>();
  private readonly due = new Map<string, number>();
  private judged = 0;

  async live({ agentId, ...step }: (typeof steps)[number]): Promise<Reply> {
    await this.expire(step.atMs);
    await lab.setClock(step.atMs);
    if (!this.known.has(agentId)) await this.register(agentId);
    const reply = await execute(this.commandOf(agentId, step), agentOf(agentId));
    await this.judge();
    return reply;
  }

  /** Folds what is new in the log and records what is found, as the detectors beside a server do. */
  async judge(): Promise<void> {
    for (;;) {
      const events = await eventsAfter(lab.client, this.judged, null);
      if (events.length === 0) return;
      for (const event of events) {
        this.judged = event.id;
        for (const finding of factsOf(event).flatMap((fact) => this.engine.next(fact))) {
          if (finding.detector === 'budget_refusals') continue;
          expect((await execute(findingCommand(finding), SYSTEM)).status).toBe(200);
        }
      }
    }
  }

  private commandOf(agentId: string, step: Step): Command {
    const amount = (nano: bigint) => ({ amounts: [{ unit: format.unit, nano }] });
    switch (step.kind) {
      case 'start': {
        const actionId = uuidv7();
        this.actions.set(step.seq, actionId);
        this.due.set(actionId, step.atMs + TTL_SECONDS * 1_000);
        const cost = amount(step.holdNano ?? format.holdNano);
        const terms = { ttlSeconds: TTL_SECONDS, leaseSeconds: 60 };
        return authorizeCommand({
          actionId,
          agentId,
          actionType: format.actionType,
          cost,
          payload: step.notes,
          ...terms,
        });
      }
      case 'complete': {
        const actionId = this.actions.get(step.opens) ?? '';
        this.due.delete(actionId);
        const status = step.ending === 'success' ? 'success' : 'failed';
        return completeCommand({ actionId, agentId, status, cost: amount(step.costNano), result: step.notes });
      }
      case 'charge':
        return chargeCommand({
          agentId,
          costType: format.actionType,
          cost: amount(step.costNano),
          attributes: step.notes,
        });
    }
  }

  private async register(agentId: string): Promise<void> {
    this.known.add(agentId);
    const given = { type: 'task', description: null, capabilities: null, sourceUri: null, parentId: null } as const;
    expect((await execute(registerCommand({ agentId, ...given, apiKey: newApiKey() }))).status).toBe(201);
    const budget = { agentId, unit: format.unit, total: format.budgetNano, hours: HOURS };
    expect((await execute(allocateCommand(budget))).status).toBe(200);
  }

  /** Ends the holds whose time is over by then, each when it is. */
  private async expire(until: number): Promise<void> {
    for (const [actionId, at] of [...this.due].toSorted(([, a], [, b]) => a - b)) {
      if (at > until) return;
      await lab.setClock(at);
      this.due.delete(actionId);
      await execute(expireCommand(actionId), { kind: 'system', id: 'actions' });
      await this.judge();
    }
  }
}

async function backtest(): Promise<Verdict> {
  const test = new Backtest(null);
  for (let after = 0; ;) {
    const events = await eventsAfter(lab.client, after, null);
    const last = events.at(-1);
    if (!last) return test.verdict();
    after = last.id;
    for (const event of events) for (const fact of factsOf(event)) test.next(fact);
  }
}

async function expectFoldedAlike(): Promise<void> {
  const recorded = (await recordedFindings(lab.client)).map(({ finding }) => finding);
  expect(inOrderOfEvidence(recorded)).toEqual(inOrderOfEvidence(await foldedFindings(lab.client)));
  expect(await backtest()).toMatchObject({ isAsRecorded: true, notIsolated: [] });
  await walkLog(database.url);
}

describe('people at work with an agent, as recorded, at the times of the trace', () => {
  const life = new Life();

  on(
    'are never isolated by the policies that quarantine, and a back-test agrees',
    async () => {
      const started = performance.now();
      const statuses = new Map<number, number>();
      for (const step of steps) {
        const { status } = await life.live(step);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([200, 201]);
      const { rows } = await lab.client.query('select agent_id, status_reason from agents where status <> $1', [
        'active',
      ]);
      expect(rows).toEqual([]);
      expect((await backtest()).isolations).toEqual([]);
      await expectFoldedAlike();
      const found = (await recordedFindings(lab.client)).map(({ finding }) => finding.detector);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stderr.write(`${steps.length} commands of the trace in ${seconds} s, flagged: ${found.join(', ')}\n`);
    },
    TRACE_MS,
  );

  on(
    'and one of them that runs in circles behind it is isolated at once, and that equals history too',
    async () => {
      const last = steps.at(-1);
      if (!last) throw new Error('the trace has steps');
      const circle = (i: number) =>
        life.live({ ...last, kind: 'start', seq: 1e9 + i, atMs: last.atMs + 60_000 + i * 2_000, notes: { page: 7 } });
      for (let i = 0; i < 8; i += 1) expect((await circle(i)).status).toBe(201);
      const refused = await circle(8);
      expect(refused.status).toBe(403);
      expect(JSON.parse(refused.body)).toMatchObject({ code: 'IMMUNE.QUARANTINED' });
      expect((await backtest()).isolations).toMatchObject([{ agentId: last.agentId, finding: { detector: 'loop' } }]);
      await expectFoldedAlike();
    },
    TRACE_MS,
  );
});
