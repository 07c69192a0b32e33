import { describe, expect, it } from '@jest/globals';
import { WorkingSet } from '../../../event-log/working-set.js';
import type { StatePolicy } from '../entities/state-policy.entity.js';
import type { Agent } from '../../agents/index.js';
import type { Escalation } from '../entities/escalation.entity.js';
import { DEFAULT_POLICY, isPolicyChanged, patternsFor, policyFor } from './approval-policy.rules.js';
import { approvalProblem, requirementsOn } from './approval.rules.js';
import { APPROVAL_POLICIES } from './tables.js';
import { ceilingProblem, isVoid } from './use.rules.js';

const NOON = '2026-01-01T12:00:00.000000Z';
const LATER = '2026-01-01T13:00:00.000000Z';

const knowing = (actionType: string, ...patterns: string[]): WorkingSet => {
  const state = new WorkingSet();
  const policies = ['*', ...patterns].map((pattern) => ({ ...DEFAULT_POLICY, id: pattern, action_type: pattern }));
  state.load(APPROVAL_POLICIES as never, 'action_type', patternsFor(actionType), policies);
  return state;
};

describe('the approval policy of an action type', () => {
  it('is the most specific', () => {
    expect(patternsFor('a.b')).toEqual(['a.b', 'a.b*', 'a.*', 'a*', '*']);
    const patterns = ['money.send', 'money.*', 'mon*'];
    expect(policyFor(knowing('money.send', ...patterns), 'money.send').id).toBe('money.send');
    expect(policyFor(knowing('money.send.now', ...patterns), 'money.send.now').id).toBe('money.*');
    expect(policyFor(knowing('monkey', ...patterns), 'monkey').id).toBe('mon*');
    expect(policyFor(knowing('email', ...patterns), 'email').id).toBe('*');
  });

  it('is another one when its version, or another policy, came in between', () => {
    const asked = { action_type: 'x', policy_id: '*', policy_version: 1 } as Escalation;
    expect(isPolicyChanged(knowing('x'), asked)).toBe(false);
    expect(isPolicyChanged(knowing('x', 'x'), asked)).toBe(true);
    expect(isPolicyChanged(knowing('x'), { ...asked, policy_version: 2 })).toBe(true);
  });
});

describe('an approval', () => {
  it('is required while something requires it', () => {
    const agent = { supervision: { until: LATER, policy_id: 'loop' } } as unknown as Agent;
    const [calm, raised] = [
      { state: 'observe', approvals: { kind: 'none' } },
      { state: 'alert', approvals: { kind: 'types', action_types: ['money.*'] } },
    ] as [StatePolicy, StatePolicy];
    const [policy, state] = [
      { by: 'the policy loop', until: LATER },
      { by: 'the state alert', until: null },
    ];
    expect(requirementsOn(agent, 'money.send', calm, NOON)).toEqual([policy]);
    expect(requirementsOn(agent, 'money.send', calm, LATER)).toEqual([]);
    expect(requirementsOn({ ...agent, supervision: null }, 'money.send', calm, NOON)).toEqual([]);
    expect(requirementsOn(agent, 'money.send', raised, LATER)).toEqual([state]);
    expect(requirementsOn(agent, 'mail.send', raised, LATER)).toEqual([]);
    expect(requirementsOn(agent, 'money.send', raised, NOON)).toEqual([policy, state]);
    expect(approvalProblem([])).toBeNull();
    expect(approvalProblem([{ by: 'the state alert', until: null }])).toMatchObject({
      status: 403,
      code: 'ARBITER.APPROVAL_REQUIRED',
      detail: expect.stringMatching(/^the state alert requires/),
    });
  });

  it('is for no more than its ceiling, in no other unit', () => {
    const ceiling = [
      { unit: 'usd', amount: '0.000000005' },
      { unit: 'calls', amount: '0' },
    ];
    const above = (unit: string, nano: bigint) =>
      ceilingProblem({ ceiling } as unknown as Escalation, [{ unit, nano }]);
    expect(above('usd', 5n)).toBeNull();
    expect(above('calls', 0n)).toBeNull();
    for (const problem of [above('usd', 6n), above('calls', 1n), above('tokens', 0n)])
      expect(problem).toMatchObject({ status: 409, code: 'ARBITER.COST_ABOVE_CEILING' });
  });

  it('is void once the standing of its agent has changed', () => {
    const escalation = { event_id: 7 } as Escalation;
    expect(isVoid({ status_event_id: 6 } as Agent, escalation)).toBe(false);
    expect(isVoid({ status_event_id: 8 } as Agent, escalation)).toBe(true);
  });
});
