import { describe, expect, it } from '@jest/globals';
import { policyOn, Story } from '../../../../test/support/detector-story.js';

const POLICY = policyOn('call_rate');
const MINUTE = 60;

/** So many calls in each of some minutes, evenly; answers how many findings there are. */
function work(story: Story, from: number, minutes: number, calls: number, agentId = 'a'): number {
  let found = 0;
  for (let i = 0; i < minutes * calls; i += 1) found += story.call(from + (i * MINUTE) / calls, agentId).length;
  return found;
}

describe('the rate of calls', () => {
  it('is found when it is five times what it was, within a minute', () => {
    const story = new Story(POLICY);
    expect(work(story, 0, 60, 6)).toBe(0);
    let seconds = 0;
    while (seconds < 120 && story.call(60 * MINUTE + seconds).length === 0) seconds += 2;
    expect(seconds).toBeLessThan(MINUTE);
  });

  it('is not found when it grows by a half, nor after a pause of any length', () => {
    const story = new Story(POLICY);
    expect(work(story, 0, 60, 6)).toBe(0);
    expect(work(story, 100_000, 10, 9)).toBe(0);
  });

  it('is not judged by the first minutes, where there are no peers', () => {
    const story = new Story(POLICY);
    expect(work(story, 0, 10, 2) + work(story, 10 * MINUTE, 5, 40)).toBe(0);
  });

  it('is judged by that of peers in the first minutes', () => {
    const story = new Story(POLICY);
    for (let minute = 0; minute < 40; minute += 1) {
      for (let peer = 0; peer < 8; peer += 1) work(story, minute * MINUTE, 1, 5, `peer-${peer}`);
    }
    expect(work(story, 40 * MINUTE, 2, 5, 'newcomer')).toBe(0);
    expect(work(story, 42 * MINUTE, 1, 60, 'newcomer')).toBeGreaterThan(0);
  });

  it('may grow with that of all others, and not alone', () => {
    const story = new Story(POLICY);
    const agents = Array.from({ length: 12 }, (_, i) => `agent-${i}`);
    const all = (minute: number, calls: number): number => {
      let found = 0;
      for (let i = 0; i < calls; i += 1) {
        for (const id of agents) found += story.call(minute * MINUTE + (i * MINUTE) / calls, id).length;
      }
      return found;
    };
    for (let minute = 0; minute < 60; minute += 1) expect(all(minute, 6)).toBe(0);
    expect(all(60, 18) + all(61, 18)).toBe(0);
    expect(work(story, 75 * MINUTE, 2, 60, 'agent-3')).toBeGreaterThan(0);
  });

  it('tells the last calls as evidence and is told once in the cool-down', () => {
    const story = new Story(POLICY);
    work(story, 0, 60, 6);
    const findings = Array.from({ length: 100 }, (_, i) => story.call(60 * MINUTE + i)).flat();
    expect(findings).toHaveLength(1);
    const [finding] = findings;
    expect(finding?.evidence).toHaveLength(finding?.observed ?? 0);
    expect(finding).toMatchObject({ metric: 'calls in 60 s', answer: 'flag' });
  });
});
