import type { JsonObject } from '../../../../platform/json.js';
import type { Detector, DetectorKind, Moment } from '../detector.js';
import type { Sighting } from '../finding.js';
import type { Policy } from '../policy.js';
import { RecentEvents } from '../recent-events.js';
import { asObject, savedList, savedNumber, savedObject, savedText } from '../saved-state.js';
import { windowBefore } from '../spans.js';

/** Event types that are followed at a time; the one reported longest ago is forgotten. */
const FOLLOWED = 16;

interface Followed {
  readonly eventType: string;
  readonly recent: RecentEvents;
  /** Until when the same is told no more, in ms since 1970. */
  quietUntil: number;
}

/** Observations of one event type that their sensor calls critical; told again when a window has passed. */
class ReportedCritical implements Detector {
  /** The one reported last stands last. */
  private readonly followed: Followed[];

  constructor(saved: JsonObject | null) {
    this.followed = savedList(saved, 'followed').map((item) => {
      const entry = asObject(item);
      return {
        eventType: savedText(entry, 'event_type') ?? '',
        recent: new RecentEvents(savedObject(entry, 'recent')),
        quietUntil: savedNumber(entry, 'quiet_until'),
      };
    });
  }

  next({ fact }: Moment, { threshold, window_seconds: seconds }: Policy): Sighting | null {
    if (fact.kind !== 'observed' || fact.severity !== 'critical') return null;
    const entry = this.follow(fact.eventType);
    if (fact.at < entry.quietUntil) return null;
    const count = entry.recent.add(fact.eventId, fact.at, seconds, threshold);
    if (count < threshold) return null;
    const evidence = [...entry.recent.eventIds];
    entry.recent.clear();
    entry.quietUntil = fact.at + seconds * 1000;
    return {
      metric: `critical reports of ${fact.eventType}`,
      expected: null,
      observed: count,
      ...windowBefore(fact.occurredAt, seconds),
      evidence,
      reason: `reported ${fact.eventType} as critical${count > 1 ? ` ${count} times within ${seconds} s` : ''}`,
    };
  }

  state(): JsonObject {
    return {
      followed: this.followed.map(({ eventType, recent, quietUntil }) => ({
        event_type: eventType,
        recent: recent.state(),
        quiet_until: quietUntil,
      })),
    };
  }

  private follow(eventType: string): Followed {
    const index = this.followed.findIndex((each) => each.eventType === eventType);
    const [known] = index < 0 ? [] : this.followed.splice(index, 1);
    const entry = known ?? { eventType, recent: new RecentEvents(null), quietUntil: 0 };
    if (this.followed.length >= FOLLOWED) this.followed.shift();
    this.followed.push(entry);
    return entry;
  }
}

/** What a sensor itself calls critical. */
export const REPORTED_CRITICAL: DetectorKind = {
  name: 'reported_critical',
  facts: ['observed'],
  isSynchronous: false,
  make: (saved) => new ReportedCritical(saved),
};
