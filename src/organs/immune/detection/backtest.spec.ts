import { describe, expect, it } from '@jest/globals';
import { policyOn, Story } from '../../../../test/support/detector-story.js';
import { Backtest, type Verdict } from './backtest.js';
import { BUDGET_EXCEEDED } from './budget-refusals.js';
import type { Policy } from './policy.js';

const IN_FORCE: readonly Policy[] = [
  policyOn('budget_refusals'),
  policyOn('loop', { answer: 'quarantine' }),
  policyOn('denials', { answer: 'flag' }),
];

/** A log in which what policies find is done, a little later, and undone after ten minutes. */
function history(): Story {
  const story = new Story(...IN_FORCE);
  const stand = (seconds: number, agentId: string, status: 'active' | 'quarantined', policyId: string | null) =>
    story.tell(seconds, { kind: 'standing', agentId, status, probationUntil: null, policyId });
  for (let i = 0; i < 8; i += 1) story.call(i, 'a', 'same');
  story.call(8, 'a');
  stand(9, 'a', 'quarantined', 'loop');
  stand(600, 'a', 'active', null);
  for (let i = 0; i < 10; i += 1) story.refuse(700 + i, BUDGET_EXCEEDED, 't', 'b');
  stand(709, 'b', 'quarantined', 'budget-refusals');
  for (let i = 0; i < 3; i += 1) {
    story.call(800 + i, 'c', 'same');
    story.end(800.5 + i, 2, true, 'c');
  }
  stand(900, 'c', 'quarantined', null);
  return story;
}

function judge(candidate: readonly Policy[] | null): Verdict {
  const backtest = new Backtest(candidate);
  for (const fact of history().facts) backtest.next(fact);
  return backtest.verdict();
}

describe('a back-test', () => {
  it.each([
    ['the policies of the log', null],
    ['a candidate that says the same', IN_FORCE],
  ])('of %s is what happened', (_words, candidate) => {
    const verdict = judge(candidate);
    expect(verdict.isAsRecorded).toBe(true);
    expect(verdict.isolations.map(({ agentId, finding }) => [agentId, finding.policy_id])).toEqual([
      ['a', 'loop'],
      ['b', 'budget-refusals'],
    ]);
    expect(verdict.isolations[0]).toMatchObject({
      until: '2026-01-05T12:10:00.000000Z',
      prevented: { authorizations: 1 },
    });
    expect(verdict.notIsolated).toEqual([]);
    expect(verdict.findings).toEqual({ 'budget-refusals': 1, loop: 1 });
  });

  it('of a stricter policy tells whom else it would have isolated, and what that had prevented', () => {
    const verdict = judge([policyOn('budget_refusals'), policyOn('loop', { answer: 'quarantine', threshold: 2 })]);
    expect(verdict.isAsRecorded).toBe(false);
    expect(verdict.isolations.map(({ agentId, recordedEventId }) => [agentId, recordedEventId !== null])).toEqual([
      ['a', true],
      ['b', true],
      ['c', false],
    ]);
    expect(verdict.isolations[2]).toMatchObject({
      until: null,
      from: '2026-01-05T12:13:21.000000Z',
      prevented: { authorizations: 1, spent: [{ unit: 'usd', amount: 2 }] },
    });
  });

  it('of a looser policy tells what it would not have done', () => {
    const verdict = judge([
      policyOn('budget_refusals', { threshold: 11 }),
      policyOn('loop', { mode: 'shadow', answer: 'quarantine' }),
    ]);
    expect(verdict.isolations).toEqual([]);
    expect(verdict.findings).toEqual({ loop: 1 });
    expect(verdict.notIsolated.map(({ agentId, policyId }) => [agentId, policyId])).toEqual([
      ['a', 'loop'],
      ['b', 'budget-refusals'],
    ]);
  });

  it('counts what is charged to no action, and to none that was begun before', () => {
    const backtest = new Backtest([policyOn('silence', { answer: 'quarantine' })]);
    const story = new Story();
    story.call(0);
    story.tell(1, { kind: 'silent', agentId: 'a' });
    const spent = [{ unit: 'usd', amount: 1 }];
    story.tell(2, { kind: 'charged', agentId: 'a', actionId: 'x1', spent });
    story.tell(3, { kind: 'charged', agentId: 'a', actionId: null, spent });
    story.end(4, 7);
    for (const fact of story.facts) backtest.next(fact);
    expect(backtest.verdict().isolations).toMatchObject([{ prevented: { authorizations: 0, spent } }]);
  });

  it('is what happened where a policy ended an agent, and where somebody else was faster', () => {
    const ending = policyOn('loop', { answer: 'terminate' });
    const story = new Story(ending);
    const loop = (from: number, agentId: string): string => {
      for (let i = 0; i < 7; i += 1) story.call(from + i, agentId, 'same');
      return story.call(from + 7, agentId, 'same')[0]?.id ?? '';
    };
    const stand = (seconds: number, agentId: string, status: 'quarantined' | 'terminated', policyId: string | null) =>
      story.tell(seconds, { kind: 'standing', agentId, status, probationUntil: null, policyId });
    story.tell(9, { kind: 'found', findingId: loop(1, 'a') });
    stand(9, 'a', 'terminated', 'loop');
    const late = loop(20, 'b');
    const verdict = (): Verdict => {
      const backtest = new Backtest(null);
      for (const fact of story.facts) backtest.next(fact);
      return backtest.verdict();
    };
    // The agent above it was isolated meanwhile; the finding comes, and there is nothing left to do.
    stand(28, 'b', 'quarantined', null);
    expect(verdict().isAsRecorded).toBe(false);
    story.tell(29, { kind: 'found', findingId: late });
    expect(verdict()).toMatchObject({ isAsRecorded: true, notIsolated: [] });
    expect(verdict().isolations.map(({ agentId, recordedEventId }) => [agentId, recordedEventId])).toEqual([
      ['a', 11],
      ['b', null],
    ]);
    const lax = new Backtest([]);
    for (const fact of story.facts) lax.next(fact);
    expect(lax.verdict().notIsolated.map(({ agentId }) => agentId)).toEqual(['a']);
  });
});
