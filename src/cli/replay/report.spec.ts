import { describe, expect, it } from '@jest/globals';
import { aiderFormat } from './aider-format.js';
import { planTrace } from './plan.js';
import { makeReport, type Report } from './report.js';
import { type StepResult, Tally } from './tally.js';

const AGENT = { user: 'u', agentId: 'aider-u' };
const VALID = { valid: true, events_checked: 3, head: { id: 3, hash: 'h' }, first_break: null, duration_ms: 1 };

function report(results: StepResult[], ledgerNano: bigint, valid = true): Report {
  const tally = new Tally();
  for (const result of results) tally.add(AGENT, result);
  const common = { seq: 1, atMs: 0, user: 'u', notes: {} };
  return makeReport({
    trace: { path: 'f', sha256: 's', format: aiderFormat, rows: 1, events: [] },
    substrate: 'http://x',
    totals: planTrace([{ kind: 'end', costNano: 5n, ...common }]).totals,
    tally,
    end: { stopped: false, problem: null },
    seconds: 2,
    ledger: new Map([['aider-u', ledgerNano]]),
    models: null,
    verification: { ...VALID, valid },
    unverified: null,
  });
}

const charged: StepResult = { outcome: 'charged', costNano: 5n, replayed: false, sent: true };

describe('makeReport', () => {
  it('is content when all was booked and the log holds', () => {
    expect(report([charged], 5n)).toMatchObject({
      ok: true,
      booked: '0.000000005',
      missed: '0',
      ledger: { total: '0.000000005', file: '0.000000005', difference: '0' },
      commandsPerSecond: 0.5,
    });
  });

  it('says by how much the ledger differs', () => {
    expect(report([charged], 7n).ledger?.difference).toBe('0.000000002');
    expect(report([charged], 1n).ledger?.difference).toBe('-0.000000004');
  });

  it('is not content with a refusal, a cost that was not booked, or a broken log', () => {
    const denied: StepResult = { ...charged, outcome: 'denied', code: 'METABOLISM.BUDGET_EXCEEDED' };
    expect(report([denied], 0n)).toMatchObject({
      ok: false,
      missed: '0.000000005',
      refusals: { 'METABOLISM.BUDGET_EXCEEDED': 1 },
    });
    expect(report([{ ...charged, outcome: 'not_run', sent: false }], 0n)).toMatchObject({
      ok: false,
      counts: { commands: 0 },
    });
    expect(report([charged], 5n, false).ok).toBe(false);
  });
});
