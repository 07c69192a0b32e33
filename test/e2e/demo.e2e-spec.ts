import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli, type CliRun } from '../support/run-cli.js';

/** The demo starts a server and a database of its own. */
const MOST_MS = 120_000;

let folder: string;
let run: CliRun;

beforeAll(async () => {
  // The demo keeps its data below the folder that it runs in.
  folder = await mkdtemp(join(tmpdir(), 'echo-demo-'));
  run = await runCli('demo', ['--no-wait', '--json'], { HOME: folder }, folder);
}, MOST_MS);

afterAll(() => rm(folder, { recursive: true, maxRetries: 3 }));

describe('the demo', () => {
  it('shows a runaway agent noticed, isolated, explained and released on probation, and a log that verifies', () => {
    expect(run).toMatchObject({ status: 0 });
    const { agents, runaway, verification } = JSON.parse(run.stdout) as {
      agents: { agentId: string; quarantined: boolean; onProbation: boolean }[];
      runaway: { finding: { id: string; evidence: number[] } };
      verification: unknown;
    };
    expect(verification).toMatchObject({ valid: true, first_break: null });
    expect(agents.filter((agent) => agent.quarantined).map((agent) => agent.agentId)).toEqual(['deep-researcher']);
    expect(agents.filter((agent) => agent.onProbation).map((agent) => agent.agentId)).toEqual(['ticket-sorter']);
    expect(runaway).toMatchObject({
      agentId: 'ticket-sorter',
      backtest: { isolated: ['ticket-sorter'] },
      policyVersion: 2,
      finding: { detector: 'loop', answer: 'quarantine', expected: 8, observed: 8 },
      leases: [1, 0],
      order: { status: 'confirmed' },
      probation: { share: 0.25 },
      refusal: 'IMMUNE.PROBATION',
    });
    const { id, evidence } = runaway.finding;
    expect(evidence).toHaveLength(8);
    expect(id).toBe(`loop/2/ticket-sorter/${evidence.at(-1)}`);
  });

  it('shows an appeal that the arbiter denies, then approves for less, and that is used once', () => {
    const { agents, appeal } = JSON.parse(run.stdout) as {
      agents: { agentId: string; spent: string; debt: string }[];
      appeal: { payloadSha256: string; decisions: { eventId: number }[]; action: { eventId: number; funded: string } };
    };
    expect(appeal).toMatchObject({
      agentId: 'invoice-reader',
      actionType: 'money.send',
      payloadSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      decisions: [
        { ceiling: '80', obstacle: 'AGENTS.NOT_CAPABLE', status: 'denied', reason: 'the invoice says 48.50' },
        { ceiling: '48.5', obstacle: 'AGENTS.NOT_CAPABLE', status: 'approved' },
      ],
      action: { cost: '48.5' },
      refusal: 'ARBITER.ALREADY_USED',
    });
    const events = [...appeal.decisions, appeal.action].map(({ eventId }) => eventId);
    expect(events).toEqual(events.toSorted((a, b) => a - b));
    const payer = agents.find(({ agentId }) => agentId === 'invoice-reader');
    expect(payer).toMatchObject({ debt: '0' });
    expect(Number(payer?.spent)).toBeGreaterThan(48.5);
    // It had 5, less what it had spent before.
    expect(Number(appeal.action.funded)).toBeCloseTo(48.5 - 5 + (Number(payer?.spent) - 48.5), 9);
  });

  it('tells it on the terminal, in order', () => {
    const told = [
      'substrate         quarantines deep-researcher',
      'substrate         flags ticket-sorter: asked for llm.call with the same payload 8 times within 120 s',
      'would have isolated ticket-sorter',
      'substrate         quarantines ticket-sorter',
      'on the evidence of the events',
      'renews 0 permits',
      'the order is confirmed',
      'on probation: 25 % of its budget',
      '403 IMMUNE.PROBATION',
      'invoice-reader    asks for money.send of 80 usd',
      'arbiter           reads in the inbox: invoice-reader, money.send, at most 80 usd',
      'payload {"amount":"48.50 usd","invoice":"2026-117","to":"supplier-4"}',
      'in the way: AGENTS.NOT_CAPABLE',
      '60 minutes left to decide',
      'arbiter           denies it: the invoice says 48.50',
      'invoice-reader    asks for money.send of 48.5 usd',
      'arbiter           approves it',
      'invoice-reader    may money.send once',
      'usd for it, and was given exactly these',
      'is done with money.send: cost 48.5 usd',
      'is refused: ARBITER.ALREADY_USED',
    ];
    const places = told.map((words) => run.stderr.indexOf(words));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});
