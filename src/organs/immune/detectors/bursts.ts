import type { JsonObject } from '../../../platform/json.js';
import type { FactKind } from '../detection/fact.js';
import type { Sighting } from '../detection/finding.js';
import type { DetectorName, Policy } from '../detection/policy.js';
import { RecentEvents } from '../detection/recent-events.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { windowBefore } from '../detection/spans.js';

/** So many facts of one kind within the window. What set a finding off is not counted again. */
class Burst implements Detector {
  private readonly recent: RecentEvents;

  constructor(
    private readonly kind: FactKind,
    private readonly metric: string,
    private readonly told: string,
    saved: JsonObject | null,
  ) {
    this.recent = new RecentEvents(saved);
  }

  next({ fact }: Moment, { threshold, window_seconds: seconds }: Policy): Sighting | null {
    if (fact.kind !== this.kind) return null;
    const count = this.recent.add(fact.eventId, fact.at, seconds, threshold);
    if (count < threshold) return null;
    const evidence = [...this.recent.eventIds];
    this.recent.clear();
    return {
      metric: this.metric,
      expected: threshold,
      observed: count,
      ...windowBefore(fact.occurredAt, seconds),
      evidence,
      reason: `${this.told} ${count} times within ${seconds} s`,
    };
  }

  state(): JsonObject {
    return this.recent.state();
  }
}

function burst(name: DetectorName, kind: FactKind, metric: string, told: string): DetectorKind {
  return {
    name,
    facts: [kind],
    isSynchronous: false,
    make: (saved) => new Burst(kind, metric, told, saved),
  };
}

/** Refusals for whatever reason. */
export const DENIALS = burst('denials', 'refused', 'refusals', 'was refused');
/** Actions that nobody completed in time. */
export const STUCK_HOLDS = burst('stuck_holds', 'expired', 'actions not completed', 'left an action uncompleted');
/** Missed heartbeats. */
export const SILENCE = burst('silence', 'silent', 'silences', 'missed its heartbeats');
