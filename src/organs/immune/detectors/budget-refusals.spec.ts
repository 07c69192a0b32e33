import { beforeEach, describe, expect, it } from '@jest/globals';
import { plusSeconds } from '../../../platform/time.js';
import { policyOn, Story } from '../../../../test/support/detector-story.js';
import { BUDGET_EXCEEDED, refusalFinding } from '../detection/budget-refusals.js';
import { DetectorEngine } from '../detection/engine.js';
import type { Policy } from '../detection/policy.js';

const POLICY = policyOn('budget_refusals');
let story: Story;

beforeEach(() => {
  story = new Story(POLICY);
});

const refuse = (seconds: number) => story.refuse(seconds, BUDGET_EXCEEDED);

describe('refusals for lack of budget', () => {
  it('are found at the tenth within a minute, on the evidence of all ten, and counted anew', () => {
    for (let i = 1; i < 10; i += 1) expect(refuse(i)).toEqual([]);
    const [finding] = refuse(60.5);
    expect(finding).toMatchObject({ answer: 'quarantine', observed: 10, evidence: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11] });
    for (let i = 0; i < 9; i += 1) expect(refuse(61 + i)).toEqual([]);
    expect(refuse(70)).toHaveLength(1);
  });

  it('are forgotten after the minute: one at its edge is out of it, to the microsecond', () => {
    for (let i = 1; i < 10; i += 1) refuse(i);
    expect(refuse(61)).toEqual([]);
    const engine = new DetectorEngine();
    const start = '2026-01-05T12:00:00.000500Z';
    const told = { kind: 'refused', agentId: 'a', command: 'actions.authorize', code: BUDGET_EXCEEDED } as const;
    const at = (eventId: number, occurredAt: string) =>
      engine.next({ ...told, actionType: null, eventId, at: Date.parse(occurredAt), occurredAt });
    engine.next({ kind: 'policy', policy: { ...POLICY, threshold: 2 }, eventId: 1, at: 0, occurredAt: start });
    expect([at(2, start), at(3, plusSeconds(start, 60))].flat()).toEqual([]);
    expect(at(4, plusSeconds(start, 119.999999))).toHaveLength(1);
  });

  it('are found at the first on probation, which ends to the microsecond', () => {
    const probation = { kind: 'standing', agentId: 'a', status: 'active', policyId: null } as const;
    story.tell(0, { ...probation, probationUntil: '2026-01-05T12:01:00.000000Z' });
    expect(refuse(59.999)).toMatchObject([{ observed: 1, reason: 'refused for lack of budget while on probation' }]);
    expect(refuse(60)).toEqual([]);
  });

  it('are of authorizations and for lack of budget only', () => {
    for (let i = 0; i < 20; i += 1) {
      expect(story.refuse(i, 'AGENTS.NOT_CAPABLE')).toEqual([]);
      const told = { kind: 'refused', agentId: 'a', code: BUDGET_EXCEEDED, actionType: null } as const;
      expect(story.tell(i, { ...told, command: 'metabolism.charge' })).toEqual([]);
    }
  });

  it('make the finding that the transaction makes of the same refusals', () => {
    for (let i = 1; i < 10; i += 1) refuse(i);
    const [finding] = refuse(10);
    const refusals = story.facts.slice(1).map(({ eventId, occurredAt: at }) => ({ eventId, at }));
    expect(finding).toEqual(refusalFinding(POLICY, 'a', refusals, false));
    expect(finding?.id).toBe('budget-refusals/1/a/11');
    expect(() => refusalFinding(POLICY, 'a', [], false)).toThrow(RangeError);
  });

  it('follow the policy as it is then, and are forgotten where it is off', () => {
    const change = (policy: Partial<Policy>) => story.tell(0, { kind: 'policy', policy: { ...POLICY, ...policy } });
    change({ threshold: 3, window_seconds: 5 });
    expect([refuse(0), refuse(5), refuse(6)].flat()).toEqual([]);
    change({ threshold: 2, window_seconds: 5, version: 2 });
    expect(refuse(7)).toMatchObject([{ policy_version: 2, evidence: [4, 5, 7] }]);
    refuse(8);
    change({ threshold: 2, mode: 'off' });
    expect(refuse(8.1)).toEqual([]);
    change({ threshold: 2 });
    expect(refuse(8.2)).toEqual([]);
    expect(refuse(8.3)).toHaveLength(1);
  });
});
