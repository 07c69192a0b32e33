import { describe, expect, it } from '@jest/globals';
import { policyOn, Story } from '../../../../test/support/detector-story.js';
import type { Severity } from '../detection/observed-values.js';
import type { Finding } from '../detection/finding.js';
import { SPIKE_THRESHOLD } from '../detection/spike-detector.js';

/** Minutes of a quiet series: it goes round in some values. */
const usual = (i: number) => 10 + (i % 7);

function report(
  story: Story,
  seconds: number,
  values: Readonly<Record<string, number>>,
  eventType = 'host',
  severity: Severity = 'info',
): Finding[] {
  const list = Object.entries(values).map(([path, value]) => ({ path, value }));
  return story.tell(seconds, { kind: 'observed', agentId: 's', eventType, severity, values: list });
}

function quiet(story: Story, paths: readonly string[], count = 300, eventType = 'host'): void {
  for (let i = 0; i < count; i += 1) {
    expect(report(story, i, Object.fromEntries(paths.map((path) => [path, usual(i)])), eventType)).toEqual([]);
  }
}

describe('observation_spike', () => {
  it('names the series, what was usual and the event', () => {
    const story = new Story(policyOn('observation_spike'));
    quiet(story, ['cpu', 'disk.free']);
    expect(report(story, 300, { cpu: 11, 'disk.free': 4_000 })).toMatchObject([
      {
        detector: 'observation_spike',
        metric: 'host disk.free',
        observed: 4_000,
        expected: 16,
        evidence: [story.facts.length],
        reason: 'host disk.free: the value was 4000, where 16 is the nearest that was usual',
      },
    ]);
  });

  it('judges a series of another event type by its own past', () => {
    const story = new Story(policyOn('observation_spike'));
    quiet(story, ['cpu']);
    quiet(story, ['cpu'], 200, 'guest');
    expect(report(story, 600, { cpu: 4_000 }, 'other')).toEqual([]);
    expect(report(story, 601, { cpu: 4_000 }, 'guest')).toMatchObject([{ metric: 'guest cpu' }]);
  });

  it('tells of several series in one finding', () => {
    const story = new Story(policyOn('observation_spike'));
    const paths = ['a', 'b', 'c', 'd', 'e'];
    quiet(story, paths);
    const [finding, ...more] = report(story, 300, { a: 100, b: 100, c: 9_000, d: 100, e: 100 });
    expect(more).toEqual([]);
    expect(finding?.metric).toBe('host c');
    expect(finding?.reason).toMatch(/usual; also host a, host b, host d and 1 more$/);
  });

  it('follows 64 series, each in at most 4 KB', () => {
    const story = new Story(policyOn('observation_spike'));
    const paths = Array.from({ length: 70 }, (_, i) => `m${i}`);
    quiet(story, paths, 2_000);
    expect(report(story, 2_000, { m63: 1e6, m64: 1e9 })).toMatchObject([{ metric: 'host m63' }]);
    expect(JSON.stringify(story.engine.save('s')).length).toBeLessThan(64 * 4_200);
  });

  it('tells a keener policy more, once in a hundred values, and nothing less', () => {
    const found = [SPIKE_THRESHOLD, 0.2, 0].map((threshold) => {
      const story = new Story(policyOn('observation_spike', { threshold }));
      return Array.from({ length: 3_000 }, (_, i) => {
        const value = ((i * 7_919) % 1_009) ** 2 * (i % 701 === 700 ? 1_000 : 1);
        return report(story, i, { x: value }).length > 0 ? [i] : [];
      }).flat();
    });
    const [usualOnes = [], keen = [], all = []] = found;
    expect(usualOnes.length).toBeGreaterThan(0);
    expect(usualOnes.filter((i) => !keen.includes(i) || !all.includes(i))).toEqual([]);
    expect(keen.length).toBeGreaterThan(usualOnes.length);
    expect(all.length).toBeLessThanOrEqual(30 + usualOnes.length);
  });

  it('keeps to numbers that JSON has, at the edge of doubles', () => {
    const story = new Story(policyOn('observation_spike'));
    quiet(story, ['x']);
    const found = [Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324].map((value) => report(story, 300, { x: value }));
    expect(found.flat()).toHaveLength(1);
    for (const { observed, expected } of found.flat()) expect([observed, expected].every(Number.isFinite)).toBe(true);
  });
});

describe('reported_critical', () => {
  const critical = (story: Story, seconds: number, eventType: string) =>
    report(story, seconds, {}, eventType, 'critical');

  it('tells at once, and of the same event type again after the window', () => {
    const story = new Story(policyOn('reported_critical'));
    expect(report(story, 0, {}, 'fire', 'warning')).toEqual([]);
    expect(critical(story, 1, 'fire')).toMatchObject([
      { metric: 'critical reports of fire', expected: null, observed: 1 },
    ]);
    expect(critical(story, 2, 'flood')).toMatchObject([{ reason: 'reported flood as critical' }]);
    expect([60.9, 61].map((seconds) => critical(story, seconds, 'fire').length)).toEqual([0, 1]);
  });

  it('waits for as many as the threshold says', () => {
    const story = new Story(policyOn('reported_critical', { threshold: 3 }));
    const found = [0, 50, 61, 62].flatMap((seconds) => critical(story, seconds, 'fire'));
    expect(found).toMatchObject([
      { observed: 3, evidence: [3, 4, 5], reason: expect.stringContaining('3 times within 60 s') },
    ]);
  });
});
