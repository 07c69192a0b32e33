import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DecisionContext } from '../../event-log/command.js';
import { WorkingSet } from '../../event-log/working-set.js';
import { plusSeconds } from '../../platform/time.js';
import type { Agent } from '../agents/index.js';
import { DEFAULT_POLICIES } from './detection/default-policies.js';
import type { Policy } from './detection/policy.js';
import { onBudgetRefusal } from './refusal.rules.js';
import { POLICIES, REFUSALS } from './tables.js';

const START = '2026-01-01T00:00:00.000000Z';
const agent = { agent_id: 'a', probation: null } as Agent;
const PROBATION = { until: plusSeconds(START, 60), share: 0.25, marks: {} };
const REFUSAL_POLICY = DEFAULT_POLICIES.find(({ detector }) => detector === 'budget_refusals') as Policy;

let state: WorkingSet;

function begin(policy: Policy | null = REFUSAL_POLICY): void {
  state = new WorkingSet();
  state.load(POLICIES as never, 'detector', ['budget_refusals'], policy ? [policy] : []);
  state.load(REFUSALS as never, 'agent_id', ['a'], []);
}

/** Refuses the agent so many seconds after the start; answers the evidence of the quarantine that follows, or null. */
function refuse(eventId: number, seconds: number, who = agent): unknown {
  const context = { now: plusSeconds(START, seconds), eventId } as DecisionContext;
  const { effects, followUps } = onBudgetRefusal(state, who, ['agent:a', 'substrate'], context);
  state.apply(effects);
  return followUps[0]?.payload['evidence'] ?? null;
}

beforeEach(() => begin());

describe('refusals for lack of budget', () => {
  it('isolate an agent at the tenth within a minute, on the evidence of all ten', () => {
    for (let i = 1; i < 10; i += 1) expect(refuse(i, i)).toBeNull();
    expect(refuse(10, 60.5)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(state.find(REFUSALS, 'agent_id', 'a')).toEqual([]);
  });

  it('are recorded without a look for what cannot be there: a batch would begin again for each agent that is refused', () => {
    begin({ ...REFUSAL_POLICY, threshold: 1 });
    const context = { now: START, eventId: 7 } as DecisionContext;
    const [record] = onBudgetRefusal(state, agent, ['agent:a', 'substrate'], context).followUps;
    const decision = record?.decide(new WorkingSet(), { ...context, eventId: 8 });
    expect(decision).toMatchObject({ outcome: 'succeeded', causedBy: 7, effects: [{ op: 'insert' }] });
  });

  it('are forgotten after the minute', () => {
    for (let i = 1; i < 10; i += 1) refuse(i, i);
    expect(refuse(10, 61)).toBeNull();
    expect(state.find(REFUSALS, 'agent_id', 'a').map((r) => r.event_id)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('isolate an agent on probation at once', () => {
    expect(refuse(1, 0, { ...agent, probation: PROBATION })).toEqual([1]);
    expect(refuse(2, 60, { ...agent, probation: PROBATION })).toBeNull();
  });

  it('follow the policy row, and nothing without an enabled one', () => {
    begin({ ...REFUSAL_POLICY, threshold: 2, window_seconds: 5 });
    expect([refuse(1, 0), refuse(2, 5), refuse(3, 9)]).toEqual([null, null, [2, 3]]);
    begin({ ...REFUSAL_POLICY, mode: 'off' });
    for (let i = 1; i <= 20; i += 1) expect(refuse(i, 0)).toBeNull();
    begin(null);
    expect(refuse(1, 0)).toBeNull();
  });
});
