import type { JsonObject } from '../../../platform/json.js';
import type { Sighting } from '../detection/finding.js';
import type { Policy } from '../detection/policy.js';
import { savedNumber, savedNumbers } from '../detection/saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { minutesFrom } from '../detection/spans.js';

const HOUR_MS = 3_600_000;
const HOURS_A_DAY = 24;

/**
 * A call in an hour of the day (UTC) in which the agent never called, nor in the hours beside it, after so many days of
 * calling as the threshold says.
 */
class UnusualHours implements Detector {
  /** Days on which the agent called in each hour. */
  private readonly days: number[];
  private activeDays: number;
  private hour: number;

  constructor(saved: JsonObject | null) {
    const days = savedNumbers(saved, 'days');
    this.days = days.length === HOURS_A_DAY ? days : Array.from({ length: HOURS_A_DAY }, () => 0);
    this.activeDays = savedNumber(saved, 'active_days');
    this.hour = savedNumber(saved, 'hour');
  }

  next({ fact }: Moment, { threshold }: Policy): Sighting | null {
    if (fact.kind !== 'authorized') return null;
    const hour = Math.floor(fact.at / HOUR_MS);
    if (hour <= this.hour) return null;
    const ofDay = hour % HOURS_A_DAY;
    const isNew = [-1, 0, 1].every((step) => this.days[(ofDay + step + HOURS_A_DAY) % HOURS_A_DAY] === 0);
    const isFound = isNew && this.activeDays >= threshold;
    if (dayOf(hour) > dayOf(this.hour)) this.activeDays += 1;
    this.hour = hour;
    this.days[ofDay] = (this.days[ofDay] ?? 0) + 1;
    if (!isFound) return null;
    return {
      metric: 'hour of the day',
      expected: null,
      observed: ofDay,
      ...minutesFrom(hour * 60, 60),
      evidence: [fact.eventId],
      reason: `called between ${ofDay} and ${ofDay + 1} h UTC, as never before on ${this.activeDays} days`,
    };
  }

  state(): JsonObject {
    return { days: [...this.days], active_days: this.activeDays, hour: this.hour };
  }
}

function dayOf(hour: number): number {
  return Math.floor(hour / HOURS_A_DAY);
}

/** An hour of the day in which the agent never called. */
export const UNUSUAL_HOURS: DetectorKind = {
  name: 'unusual_hours',
  facts: ['authorized'],
  isSynchronous: false,
  make: (saved) => new UnusualHours(saved),
};
