import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readLabTraces, runLab, type LabTrace } from './lab.js';
import { chosen, momentsOf } from './moments.js';
import { withRunaway } from './runaways.js';
import type { Draft } from './trace-facts.js';

const DATA = '../shared/data';

/** Calls of one agent every ten seconds that take five. */
const STEADY: readonly Draft[] = Array.from({ length: 150 }, (_, i): Draft[] => [
  {
    kind: 'authorized',
    at: i * 10_000,
    agentId: 'a',
    actionId: String(i),
    actionType: 't',
    fingerprint: String(i),
    held: [],
  },
  { kind: 'ended', at: i * 10_000 + 5_000, agentId: 'a', actionId: String(i), isSuccess: true, spent: [] },
]).flat();

describe('a runaway', () => {
  const moments = momentsOf(STEADY, 12);
  const [moment] = moments;
  if (!moment) throw new Error('there is no moment');

  it('begins after a hundred calls, where enough of them begin and end within two minutes', () => {
    expect(moment.at).toBe(1_000_000);
    expect(moments.at(-1)?.at).toBe(1_380_000);
    expect(momentsOf(STEADY, 13)).toEqual([]);
    expect(chosen(moments, 5)).toBe(chosen(moments, 5));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => chosen(moments, seed))).size).toBeGreaterThan(3);
  });

  it.each([
    ['rate', (before: number) => before * 5],
    ['loop', (before: number) => before + 60],
    ['silence', () => 0],
    ['errors', (before: number) => before],
  ] as const)('%s changes what comes after it, and nothing before', (runaway, expected) => {
    const drafts = withRunaway(STEADY, runaway, moment);
    const calls = (list: readonly Draft[]) =>
      list.filter(({ kind, at }) => kind === 'authorized' && at >= moment.at).length;
    expect(calls(drafts)).toBe(runaway === 'loop' ? calls(STEADY) + 60 : expected(calls(STEADY)));
    expect(drafts.filter(({ at }) => at < moment.at)).toEqual(STEADY.filter(({ at }) => at < moment.at));
    expect(drafts.every(({ at }, i) => at >= (drafts[i - 1]?.at ?? 0))).toBe(true);
  });
});

(existsSync(DATA) ? describe : describe.skip)('recorded traces', () => {
  let traces: LabTrace[];
  beforeAll(async () => {
    traces = await readLabTraces(DATA);
  });

  it('isolate nobody as they are, and each runaway in time and nobody else', () => {
    const { untouched, outcomes } = runLab(traces, { seeds: 2, callsSoon: 5 });
    expect(untouched.map(({ isolated }) => isolated)).toEqual([[], []]);
    expect(outcomes.map(({ found, falseIsolations }) => [found, falseIsolations])).toEqual(outcomes.map(() => [2, 0]));
  });
});
