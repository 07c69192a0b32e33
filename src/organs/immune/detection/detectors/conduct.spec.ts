import { describe, expect, it } from '@jest/globals';
import { policyOn, Story } from '../../../../../test/support/detector-story.js';

const DAY = 86_400;

describe('failures', () => {
  /** A call that ends 10 s later; answers the findings. */
  const act = (story: Story, i: number, isSuccess: boolean) => {
    story.call(i * 20);
    return story.end(i * 20 + 10, 1, isSuccess);
  };

  it('are found at the fourth in a row after a past without any', () => {
    const story = new Story(policyOn('error_rate'));
    for (let i = 0; i < 60; i += 1) expect(act(story, i, true)).toEqual([]);
    expect([60, 61, 62].flatMap((i) => act(story, i, false))).toEqual([]);
    expect(act(story, 63, false)).toMatchObject([{ expected: 0.05, observed: 4, evidence: [123, 125, 127, 129] }]);
  });

  it('are not found where they are usual, few, or the first that is known', () => {
    const story = new Story(policyOn('error_rate'));
    for (let i = 0; i < 300; i += 1) expect(act(story, i, i % 4 > 0)).toEqual([]);
    const young = new Story(policyOn('error_rate'));
    for (let i = 0; i < 49; i += 1) expect(act(young, i, false)).toEqual([]);
  });

  it('of one bad hour do not excuse those of the next one', () => {
    const story = new Story(policyOn('error_rate'));
    for (let i = 0; i < 30; i += 1) act(story, i, false);
    for (let i = 30; i < 80; i += 1) expect(act(story, i, true)).toEqual([]);
    expect([80, 81, 82, 83].map((i) => act(story, i, false).length)).toEqual([0, 0, 0, 1]);
  });

  it('of actions that were begun long ago, or never, do not count', () => {
    const story = new Story(policyOn('error_rate'));
    for (let i = 0; i < 60; i += 1) act(story, i, true);
    for (let i = 0; i < 20; i += 1) {
      story.call(2_000 + i);
      expect(story.end(3_000 + i * 600, 0, false)).toEqual([]);
      expect(story.end(3_000 + i * 600, 0, false)).toEqual([]);
    }
  });
});

describe('refusals', () => {
  it('are found at the twentieth within a minute, whatever they are for, and told again after the cool-down', () => {
    const story = new Story(policyOn('denials'));
    const found = Array.from({ length: 420 }, (_, i) => story.refuse(i * 2, `ANY.${i % 5}`).length);
    expect(found.indexOf(1)).toBe(19);
    expect(found.filter((count) => count > 0)).toHaveLength(2);
    const slow = new Story(policyOn('denials'));
    for (let i = 0; i < 60; i += 1) expect(slow.refuse(i * 3.2, 'ANY.NO')).toEqual([]);
  });

  it('of different things that an agent has no right to are found at the fifth thing', () => {
    const story = new Story(policyOn('probing'));
    for (let i = 0; i < 30; i += 1) expect(story.refuse(i, 'AGENTS.NOT_CAPABLE', `act.${i % 4}`)).toEqual([]);
    expect(story.refuse(31, 'AGENTS.NOT_CAPABLE', 'act.4')).toMatchObject([
      { observed: 5, evidence: [28, 29, 30, 31, 32] },
    ]);
    const other = new Story(policyOn('probing'));
    for (let i = 0; i < 30; i += 1) expect(other.refuse(i, 'METABOLISM.BUDGET_EXCEEDED', `act.${i}`)).toEqual([]);
    const late = new Story(policyOn('probing'));
    for (let i = 0; i < 30; i += 1) expect(late.refuse(i * 150, 'ACCESS.FORBIDDEN')).toEqual([]);
  });
});

describe('a loop', () => {
  it('is the same call eight times within two minutes, also with others between', () => {
    const story = new Story(policyOn('loop'));
    const found = Array.from({ length: 24 }, (_, i) => story.call(i * 5, 'a', `p${i % 3}`));
    expect(found.findIndex((findings) => findings.length > 0)).toBe(21);
    expect(found[21]).toMatchObject([{ observed: 8, evidence: [2, 5, 8, 11, 14, 17, 20, 23] }]);
  });

  it('is not slow, nor of different payloads, nor where the payload is not known', () => {
    const story = new Story(policyOn('loop'));
    for (let i = 0; i < 50; i += 1) expect(story.call(i * 18, 'a', 'p')).toEqual([]);
    for (let i = 0; i < 50; i += 1) expect(story.call(2_000 + i, 'a', '')).toEqual([]);
    for (let i = 0; i < 90; i += 1) expect(story.call(3_000 + i, 'a', `p${i % 9}`)).toEqual([]);
  });

  it('is told once in the cool-down, and again at once where the policy was changed meanwhile', () => {
    const story = new Story(policyOn('loop'));
    const turns = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => story.call(from + i, 'a', 'p')).flat();
    expect(turns(0, 16)).toMatchObject([{ answer: 'flag' }]);
    story.tell(20, { kind: 'policy', policy: policyOn('loop', { answer: 'quarantine', version: 2 }) });
    expect(turns(21, 8)).toMatchObject([{ answer: 'quarantine', policy_version: 2 }]);
    expect(turns(30, 16)).toEqual([]);
  });
});

describe('what the system tells', () => {
  it('silence is found at once, a return is not', () => {
    const story = new Story(policyOn('silence'));
    expect(story.tell(0, { kind: 'silent', agentId: 'a' })).toMatchObject([{ observed: 1, evidence: [2] }]);
    expect(story.tell(5, { kind: 'returned', agentId: 'a' })).toEqual([]);
  });

  it('actions that nobody completed are found at the fifth within an hour', () => {
    const story = new Story(policyOn('stuck_holds'));
    const expire = (seconds: number) => story.tell(seconds, { kind: 'expired', agentId: 'a', actionId: `x${seconds}` });
    expect([0, 800, 1_600, 2_400, 3_600].flatMap(expire)).toEqual([]);
    expect(expire(3_700)).toHaveLength(1);
  });

  it('debt is found for the agent whose own limit it is', () => {
    const story = new Story(policyOn('debt'));
    const debt = { unit: 'usd', amount: 3 };
    expect(story.tell(0, { kind: 'indebted', scopeId: 'some-group', debt })).toEqual([]);
    expect(story.tell(1, { kind: 'indebted', scopeId: 'agent:a', debt })).toMatchObject([
      { agent_id: 'a', observed: 3, metric: 'debt in usd' },
    ]);
  });
});

describe('an hour of the day', () => {
  it('is found when an agent never called then, nor in the hours beside it, on fourteen days', () => {
    const story = new Story(policyOn('unusual_hours'));
    for (let day = 0; day < 14; day += 1) expect(story.call(day * DAY)).toEqual([]);
    expect(story.call(14 * DAY + 3_600)).toEqual([]);
    expect(story.call(14 * DAY + 12 * 3_600)).toMatchObject([{ observed: 0, evidence: [17] }]);
    expect(story.call(15 * DAY + 12 * 3_600)).toEqual([]);
  });

  it('is not found on the thirteenth day', () => {
    const story = new Story(policyOn('unusual_hours'));
    for (let day = 0; day < 13; day += 1) story.call(day * DAY);
    expect(story.call(13 * DAY + 12 * 3_600)).toEqual([]);
  });
});
