import type { JsonObject } from '../../../platform/json.js';
import type { Sighting } from '../detection/finding.js';
import type { Policy } from '../detection/policy.js';
import { RecentEvents } from '../detection/recent-events.js';
import { asObject, savedObject, savedText, savedList } from '../detection/saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { windowBefore } from '../detection/spans.js';

/** Different actions that are followed at a time: a loop of up to so many steps is seen, with other calls in between. */
const FOLLOWED = 8;

interface Followed {
  fingerprint: string;
  readonly recent: RecentEvents;
}

/** The same action with the same payload so many times within the window. */
class Loop implements Detector {
  /** The one asked for last stands last. */
  private readonly followed: Followed[] = [];

  constructor(saved: JsonObject | null) {
    for (const item of savedList(saved, 'followed')) {
      const entry = asObject(item);
      const fingerprint = savedText(entry, 'fingerprint') ?? '';
      this.followed.push({ fingerprint, recent: new RecentEvents(savedObject(entry, 'recent')) });
    }
  }

  next({ fact }: Moment, { threshold, window_seconds: seconds }: Policy): Sighting | null {
    if (fact.kind !== 'authorized' || fact.fingerprint === '') return null;
    const { recent } = this.follow(fact.fingerprint);
    const count = recent.add(fact.eventId, fact.at, seconds, threshold);
    if (count < threshold) return null;
    const evidence = [...recent.eventIds];
    recent.clear();
    return {
      metric: 'times the same action with the same payload',
      expected: threshold,
      observed: count,
      ...windowBefore(fact.occurredAt, seconds),
      evidence,
      reason: `asked for ${fact.actionType} with the same payload ${count} times within ${seconds} s`,
    };
  }

  state(): JsonObject {
    return {
      followed: this.followed.map(({ fingerprint, recent }) => ({ fingerprint, recent: recent.state() })),
    };
  }

  private follow(fingerprint: string): Followed {
    const index = this.followed.findIndex((each) => each.fingerprint === fingerprint);
    const isNew = index < 0;
    // Of those that are followed, the one not asked for longest makes room.
    const free = isNew && this.followed.length >= FOLLOWED ? 0 : index;
    const [entry = { fingerprint, recent: new RecentEvents(null) }] = free < 0 ? [] : this.followed.splice(free, 1);
    if (isNew) {
      entry.fingerprint = fingerprint;
      entry.recent.clear();
    }
    this.followed.push(entry);
    return entry;
  }
}

/** The same again and again. */
export const LOOP: DetectorKind = {
  name: 'loop',
  facts: ['authorized'],
  isSynchronous: false,
  make: (saved) => new Loop(saved),
};
