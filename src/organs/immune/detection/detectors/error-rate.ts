import type { JsonObject } from '../../../../platform/json.js';
import type { Sighting } from '../finding.js';
import type { Policy } from '../policy.js';
import { RecentEvents, REMEMBERED_MAX } from '../recent-events.js';
import { savedNumber, savedObject } from '../saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detector.js';
import { windowBefore } from '../spans.js';

/** The share of failures that a broken agent is taken to have. */
const BROKEN = 0.6;
/** The share of failures that is usual is never taken to be lower, however well an agent did, nor higher. */
const USUAL_MIN = 0.05;
const USUAL_MAX = 0.4;
/** The usual share is that of about the last so many completions. */
const MEMORY = 500;
/** Completions that only teach. */
const WARM_UP = 50;

/**
 * Failures among the completions of actions that were begun within the window, as a cumulative sum (Page 1954, "Continuous
 * inspection schemes"): each failure adds the logarithm of how much likelier it is for a broken agent than for this one as it
 * was, each success takes off accordingly. The threshold is in that unit: false alarms are e^threshold completions apart.
 */
class ErrorRate implements Detector {
  private sum: number;
  private completions: number;
  /** Share of completions that failed after one that did not. */
  private onsets: number;
  private hasFailed: boolean;
  private readonly failures: RecentEvents;

  constructor(saved: JsonObject | null) {
    this.sum = savedNumber(saved, 'sum');
    this.completions = savedNumber(saved, 'completions');
    this.onsets = savedNumber(saved, 'onsets');
    this.hasFailed = saved?.['has_failed'] === true;
    this.failures = new RecentEvents(savedObject(saved, 'failures'));
  }

  next({ fact, begun }: Moment, policy: Policy): Sighting | null {
    if (fact.kind !== 'ended') return null;
    const windowMs = policy.window_seconds * 1000;
    // What was begun long ago, or is not known to have begun, says nothing of now.
    if (!begun || fact.at - begun.at > windowMs) return null;
    const usual = Math.min(USUAL_MAX, Math.max(USUAL_MIN, this.failureShare()));
    const last = this.failures.lastAt;
    if (last !== null && fact.at - last > windowMs) this.forget();
    const step = fact.isSuccess ? Math.log((1 - BROKEN) / (1 - usual)) : Math.log(BROKEN / usual);
    this.sum = Math.max(0, this.sum + step);
    if (this.sum === 0) this.failures.clear();
    this.learn(fact.isSuccess);
    if (this.completions < WARM_UP) this.forget();
    if (fact.isSuccess || this.completions < WARM_UP) return null;
    const count = this.failures.add(fact.eventId, fact.at, policy.window_seconds, REMEMBERED_MAX);
    if (this.sum < policy.threshold) return null;
    const evidence = [...this.failures.eventIds];
    this.forget();
    return {
      metric: 'failed actions in a row or nearly so',
      expected: usual,
      observed: count,
      ...windowBefore(fact.occurredAt, policy.window_seconds),
      evidence,
      reason: `${count} actions failed one after the other or nearly so, where ${Math.round(usual * 100)} % are usual`,
    };
  }

  state(): JsonObject {
    const { sum, completions, onsets, hasFailed, failures } = this;
    return { sum, completions, onsets, has_failed: hasFailed, failures: failures.state() };
  }

  private forget(): void {
    this.sum = 0;
    this.failures.clear();
  }

  private learn(isSuccess: boolean): void {
    this.completions = Math.min(MEMORY, this.completions + 1);
    this.onsets += ((isSuccess || this.hasFailed ? 0 : 1) - this.onsets) / this.completions;
    this.hasFailed = !isSuccess;
  }

  /**
   * The agent's usual share of failures p. Where they come independently, a failure follows a success in p(1 − p) of all
   * cases; reckoned from those, an hour in which everything failed counts once, and does not excuse the next one.
   */
  private failureShare(): number {
    return (1 - Math.sqrt(Math.max(0, 1 - 4 * this.onsets))) / 2;
  }
}

/** Failures in a row or nearly so. */
export const ERROR_RATE: DetectorKind = {
  name: 'error_rate',
  facts: ['ended'],
  isSynchronous: false,
  make: (saved) => new ErrorRate(saved),
};
