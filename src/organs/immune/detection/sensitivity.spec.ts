import { describe, expect, it } from '@jest/globals';
import { policyOn, Story } from '../../../../test/support/detector-story.js';
import { DetectorEngine } from './engine.js';
import { DETECTORS } from './policy.js';
import { sharpened } from './sensitivity.js';

const thresholdsAt = (sensitivity: number) =>
  Object.fromEntries(DETECTORS.map((name) => [name, sharpened(policyOn(name), sensitivity).threshold]));

/** The same action with the same payload, until it is found; how many times. */
function timesUntilFound(story: Story, from: number): number {
  for (let times = 1; times < 20; times += 1) if (story.call(from + times, 'a', 'same').length > 0) return times;
  return Infinity;
}

describe('the sensitivity of a state', () => {
  it('scales counts, ratios and scores, and leaves what is fixed', () => {
    expect(thresholdsAt(0.8)).toEqual({
      budget_refusals: 10,
      call_rate: 1.2,
      spend_spike: 0.4,
      spend_drop: 0.4,
      spend_above_peers: 4,
      error_rate: 7.2,
      denials: 16,
      loop: 7,
      probing: 4,
      silence: 1,
      observation_spike: 0.5,
      reported_critical: 1,
      stuck_holds: 4,
      unusual_hours: 14,
      debt: 0,
      cost_above_hold: 1.6,
      largest_call: 8,
    });
  });

  it('never goes below 1 for counts and ratios, nor raises a threshold', () => {
    const at = thresholdsAt(0.1);
    expect([at['loop'], at['call_rate'], at['cost_above_hold'], at['silence']]).toEqual([1, 1, 1, 1]);
    expect(sharpened(policyOn('call_rate', { threshold: 0.5 }), 0.8).threshold).toBe(0.5);
    const policy = policyOn('loop');
    expect(sharpened(policy, 1)).toBe(policy);
  });

  it('is that of the present state, from the event on that says so', () => {
    const story = new Story(policyOn('loop', { cool_down_seconds: 0, threshold: 10, window_seconds: 600 }));
    story.tell(0, { kind: 'state_policy', state: 'alert', sensitivity: 0.5 });
    story.tell(0, { kind: 'state', state: 'observe' });
    expect(timesUntilFound(story, 0)).toBe(10);
    story.tell(20, { kind: 'state', state: 'alert' });
    expect(timesUntilFound(story, 20)).toBe(5);
    story.tell(40, { kind: 'state_policy', state: 'alert', sensitivity: 0.8 });
    expect(timesUntilFound(story, 40)).toBe(8);
    story.tell(60, { kind: 'state', state: 'observe' });
    expect(timesUntilFound(story, 60)).toBe(10);
  });

  it('is remembered with what belongs to no single agent', () => {
    const story = new Story();
    story.tell(0, { kind: 'state_policy', state: 'alert', sensitivity: 0.5 });
    story.tell(0, { kind: 'state', state: 'alert' });
    const shared = story.engine.shared();
    expect(new DetectorEngine(shared).shared()).toEqual(shared);
    expect(shared['book']).toMatchObject({ sensitivities: { alert: 0.5 }, present: 'alert' });
  });
});
