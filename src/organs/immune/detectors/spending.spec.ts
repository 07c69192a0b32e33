import { describe, expect, it } from '@jest/globals';
import { policyOn, Story } from '../../../../test/support/detector-story.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** More minutes and hours than the spike detector needs to know what is usual. */
const KNOWN = 200;

/** Calls once and spends so much; answers the findings. */
function spend(story: Story, seconds: number, amount: number, agentId = 'a') {
  return [...story.call(seconds, agentId), ...story.end(seconds + 1, amount, true, agentId)];
}

/** Amounts between 1 and 2 that differ. */
const usual = (i: number): number => 1 + ((i * 37) % 100) / 100;

describe('a minute of spending', () => {
  it('is found when it is far above all before, with the events of that minute, at the first act after it', () => {
    const story = new Story(policyOn('spend_spike'));
    for (let i = 0; i < KNOWN; i += 1) expect(spend(story, i * MINUTE, usual(i))).toEqual([]);
    expect(spend(story, KNOWN * MINUTE, 40)).toEqual([]);
    const [finding] = spend(story, (KNOWN + 1) * MINUTE, 1);
    expect(finding).toMatchObject({ metric: 'usd per minute', observed: 40, evidence: [402, 403, 404] });
    expect(finding?.from).toBe('2026-01-05T15:20:00.000000Z');
  });

  it('is not found when it is usual, after any pause, nor when it is small', () => {
    const story = new Story(policyOn('spend_spike'));
    for (let i = 0; i < KNOWN; i += 1) expect(spend(story, i * i * MINUTE, usual(i))).toEqual([]);
    for (let i = 1; i < 5; i += 1) expect(spend(story, KNOWN * KNOWN * MINUTE + i * MINUTE, 1.5)).toEqual([]);
  });

  it('is found when it is far above those of peers, who must be eight', () => {
    for (const [peers, expected] of [
      [8, 1],
      [7, 0],
    ] as const) {
      const story = new Story(policyOn('spend_above_peers'));
      for (let i = 0; i < 40; i += 1) {
        for (let peer = 0; peer < peers; peer += 1) spend(story, i * MINUTE, usual(i + peer), `peer-${peer}`);
      }
      expect(spend(story, 40 * MINUTE, 9, 'peer-1')).toEqual([]);
      spend(story, 41 * MINUTE, 30, 'peer-1');
      expect(spend(story, 42 * MINUTE, 1, 'peer-1')).toHaveLength(expected);
    }
  });
});

describe('an hour of spending', () => {
  it('is found when an agent goes on calling and spends far less', () => {
    const story = new Story(policyOn('spend_drop'));
    for (let i = 0; i < KNOWN; i += 1) expect(spend(story, i * HOUR, 50 + usual(i))).toEqual([]);
    spend(story, KNOWN * HOUR, 0);
    expect(spend(story, (KNOWN + 1) * HOUR, 50)).toMatchObject([{ metric: 'usd per hour', observed: 0 }]);
  });

  it('is not found where the agent does nothing', () => {
    const story = new Story(policyOn('spend_drop'));
    for (let i = 0; i < KNOWN; i += 1) spend(story, i * HOUR, 50 + usual(i));
    expect(spend(story, (KNOWN + 300) * HOUR, 50.5)).toEqual([]);
    expect(spend(story, (KNOWN + 301) * HOUR, 50.5)).toEqual([]);
  });
});

describe('one call', () => {
  it('is found when it costs more than twice what was held for it', () => {
    const story = new Story(policyOn('cost_above_hold', { cool_down_seconds: 0 }));
    expect(spend(story, 0, 2)).toEqual([]);
    expect(spend(story, 1, 2.01)).toMatchObject([{ expected: 1, observed: 2.01, evidence: [5] }]);
    story.call(10, 'a', 'p', 0);
    expect(story.end(11, 5)).toEqual([]);
    expect(story.end(12, 5)).toEqual([]);
  });

  it('is found when it costs more than ten times the most before, and does not hide the next one', () => {
    const story = new Story(policyOn('largest_call', { cool_down_seconds: 0 }));
    for (let i = 0; i < 19; i += 1) expect(spend(story, i, i === 3 ? 2 : 1)).toEqual([]);
    expect(spend(story, 19, 15)).toEqual([]);
    expect(spend(story, 20, 100)).toEqual([]);
    expect(spend(story, 21, 1e6)).toMatchObject([{ expected: 100, observed: 1e6 }]);
    expect(spend(story, 22, 1_999)).toEqual([]);
    expect(spend(story, 23, 1e5)).toMatchObject([{ observed: 1e5 }]);
  });

  it('is usual after a few that are as large', () => {
    const story = new Story(policyOn('largest_call', { cool_down_seconds: 0 }));
    for (let i = 0; i < 20; i += 1) spend(story, i, 1);
    const found = Array.from({ length: 10 }, (_, i) => spend(story, 20 + i, 50).length);
    expect(found).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('is judged unit by unit, and a charge is one as well', () => {
    const story = new Story(policyOn('largest_call', { cool_down_seconds: 0 }));
    const charge = (i: number, unit: string, amount: number) =>
      story.tell(i, { kind: 'charged', agentId: 'a', actionId: null, spent: [{ unit, amount }] });
    for (let i = 0; i < 20; i += 1) expect(charge(i, 'usd', 1)).toEqual([]);
    expect(charge(20, 'tokens', 1e6)).toEqual([]);
    expect(charge(21, 'usd', 11)).toHaveLength(1);
  });
});
