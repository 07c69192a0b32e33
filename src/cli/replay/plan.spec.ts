import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decimalOfNano } from '../../platform/decimal.js';
import { planTrace } from './plan.js';
import type { TraceEvent } from './trace-format.js';
import { readTrace } from './trace-reader.js';

const RECORDED_TRACE = '../shared/data/aider/aider_usage_a.csv.gz';

function trace(...rows: ReadonlyArray<readonly [TraceEvent['kind'], string, bigint?]>): TraceEvent[] {
  return rows.map(([kind, user, costNano = 0n], index) => {
    const common = { seq: index + 1, atMs: 1000 * (index + 1), user, notes: {} };
    return kind === 'end' ? { kind, costNano, ...common } : { kind, ...common };
  });
}

function outline(events: TraceEvent[], limit?: number): string[] {
  return planTrace(events, limit).lanes.map(
    ({ user, steps }) =>
      `${user}: ${steps.map((s) => (s.kind === 'complete' ? `${s.ending}(${s.opens})` : `${s.kind} ${s.seq}`)).join(', ')}`,
  );
}

describe('planTrace', () => {
  it('lets an end complete the latest open start of its own user', () => {
    const events = trace(
      ['start', 'a'],
      ['start', 'b'],
      ['start', 'a'],
      ['end', 'a', 5n],
      ['end', 'a', 6n],
      ['end', 'b', 7n],
    );
    expect(outline(events)).toEqual(['a: start 1, start 3, success(3), success(1)', 'b: start 2, success(2)']);
    expect(planTrace(events).totals).toMatchObject({ starts: 3, paidCalls: 3, charges: 0, costNano: 18n });
  });

  it('charges an end without an open start', () => {
    expect(outline(trace(['end', 'a', 5n], ['start', 'a'], ['end', 'a'], ['end', 'a', 1n]))).toEqual([
      'a: charge 1, start 2, success(2), charge 4',
    ]);
  });

  it('completes a failure as failed and passes over one with nothing to complete', () => {
    const events = trace(['failure', 'a'], ['start', 'a'], ['failure', 'a']);
    expect(outline(events)).toEqual(['a: start 2, failed(2)']);
    expect(planTrace(events).totals).toMatchObject({ exceptions: 1, exceptionsWithoutStart: 1 });
  });

  it('completes what never ends when the trace is over', () => {
    const plan = planTrace(
      trace(['start', 'a'], ['start', 'a'], ['end', 'a', 5n], ['end', 'a', 6n], ['start', 'a'], ['end', 'b', 1n]),
    );
    const last = plan.lanes[0]?.steps.at(-1);
    expect(last).toMatchObject({ kind: 'complete', opens: 5, ending: 'never', costNano: 0n, atMs: 6000 });
    expect(plan.totals.neverEnded).toBe(1);
  });

  it('plays a call only when both its rows lie within the limit', () => {
    const events = trace(['start', 'a'], ['start', 'a'], ['end', 'a', 5n], ['end', 'a', 6n], ['start', 'a']);
    expect(outline(events, 3)).toEqual(['a: start 2, success(2)']);
    expect(planTrace(events, 3).totals).toMatchObject({ starts: 1, startsCutByLimit: 1, costNano: 5n });
  });

  it('has nothing to do for an empty trace', () => {
    expect(planTrace([])).toMatchObject({ lanes: [], firstMs: 0, lastMs: 0 });
  });
});

describe('the recorded aider trace', () => {
  const whenPresent = existsSync(RECORDED_TRACE) ? it : it.skip;

  whenPresent('plans every call once, to the nano-dollar', async () => {
    const recorded = await readTrace(RECORDED_TRACE);
    const plan = planTrace(recorded.events);
    expect(recorded.rows).toBe(9639);
    expect(plan.totals).toEqual({
      starts: 2208,
      paidCalls: 2669,
      freeCalls: 174,
      charges: 823,
      exceptions: 43,
      neverEnded: 319,
      exceptionsWithoutStart: 0,
      startsCutByLimit: 0,
      costNano: 75_619_557_446n,
    });
    const booked = plan.lanes
      .flatMap((lane) => lane.steps)
      .reduce((sum, s) => sum + (s.kind === 'start' ? 0n : s.costNano), 0n);
    expect(decimalOfNano(booked)).toBe('75.619557446');
  });
});
