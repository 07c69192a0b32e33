import type { JsonObject } from '../../../../platform/json.js';
import { EVIDENCE_MAX, type Sighting } from '../finding.js';
import { ACTIVITY } from '../minute-meter.js';
import { CALLS } from '../peers.js';
import type { Policy } from '../policy.js';
import { savedNumber, savedNumbers } from '../saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detector.js';
import { inWords, windowBefore } from '../spans.js';

/** The window is counted in so many slots; it covers up to one slot more than its length, and so does the past that it is held against. */
const SLOTS = 12;
/** The past is the highest count of each such span; it counts when a whole further span is over, so that a runaway does not teach what is usual. */
const SPAN_MS = 10 * 60_000;
/** Active minutes before an agent is judged by its own past. */
const WARM_UP_MINUTES = 30;
/** The peak of the past is halved in this many active minutes: a week of constant work. */
const HALF_LIFE_MINUTES = 10_000;
const FADING = 0.5 ** (1 / HALF_LIFE_MINUTES);
/** A small peak may be exceeded by so many: counts of few calls differ by chance. */
const MARGIN = 3;
/** Peers' minutes that none but one in a thousand exceeds. */
const PEERS_SHARE = 0.999;

/**
 * Authorizations within the window against the most that the agent ever had in one, times the threshold; while its past is
 * short, against what its peers have.
 */
class CallRate implements Detector {
  /** Number of the newest slot since 1970, and the counts of the last `SLOTS + 1` ones, newest last. */
  private slot: number;
  private readonly counts: number[];
  private readonly ids: number[];
  private minutes: number;
  private peak: number;
  private span: number;
  private highest: number;
  private highestBefore: number;

  constructor(saved: JsonObject | null) {
    this.slot = savedNumber(saved, 'slot');
    const counts = savedNumbers(saved, 'counts');
    this.counts = counts.length === SLOTS + 1 ? counts : Array.from({ length: SLOTS + 1 }, () => 0);
    this.ids = savedNumbers(saved, 'ids');
    this.minutes = savedNumber(saved, 'minutes');
    this.peak = savedNumber(saved, 'peak');
    this.span = savedNumber(saved, 'span');
    this.highest = savedNumber(saved, 'highest');
    this.highestBefore = savedNumber(saved, 'highest_before');
  }

  next(moment: Moment, policy: Policy): Sighting | null {
    const { fact, closed } = moment;
    // Minutes without a call say nothing, and an idle agent does not forget.
    if (closed && closed.calls > 0) {
      this.minutes += 1;
      this.peak *= FADING;
    }
    if (fact.kind !== 'authorized') return null;
    this.endSpans(Math.floor(fact.at / SPAN_MS));
    const count = this.count(fact.at, fact.eventId, policy.window_seconds);
    this.highest = Math.max(this.highest, count);
    const usual = this.usual(moment, policy);
    if (usual === null || count < limitOf(usual, policy)) return null;
    return {
      metric: `calls in ${policy.window_seconds} s`,
      expected: usual,
      observed: count,
      ...windowBefore(fact.occurredAt, policy.window_seconds),
      evidence: [...this.ids],
      reason: `called ${count} times within ${policy.window_seconds} s, where ${inWords(usual)} were the most that is usual`,
    };
  }

  state(): JsonObject {
    const { slot, counts, ids, minutes, peak, span, highest, highestBefore } = this;
    return {
      slot,
      counts: [...counts],
      ids: [...ids],
      minutes,
      peak,
      span,
      highest,
      highest_before: highestBefore,
    };
  }

  private usual({ agentType, peers }: Moment, policy: Policy): number | null {
    if (this.minutes >= WARM_UP_MINUTES && this.peak > 0) return this.peak;
    const minute = peers.quantile(agentType, CALLS, PEERS_SHARE);
    return minute && (minute * Math.max(60, policy.window_seconds)) / 60;
  }

  private endSpans(span: number): void {
    if (span <= this.span) return;
    this.peak = Math.max(this.peak, this.highestBefore, span > this.span + 1 ? this.highest : 0);
    this.highestBefore = span > this.span + 1 ? 0 : this.highest;
    this.highest = 0;
    this.span = span;
  }

  private count(at: number, eventId: number, windowSeconds: number): number {
    const slot = Math.floor((at * SLOTS) / (windowSeconds * 1000));
    for (let steps = Math.min(slot - this.slot, SLOTS + 1); steps > 0; steps -= 1) {
      this.counts.shift();
      this.counts.push(0);
    }
    this.slot = Math.max(slot, this.slot);
    this.counts[SLOTS] = (this.counts[SLOTS] ?? 0) + 1;
    this.ids.push(eventId);
    const count = this.counts.reduce((sum, each) => sum + each, 0);
    const kept = Math.min(count, EVIDENCE_MAX);
    if (this.ids.length > kept) this.ids.splice(0, this.ids.length - kept);
    return count;
  }
}

function limitOf(usual: number, { threshold }: Policy): number {
  return Math.max(usual * threshold, usual + MARGIN);
}

export const CALL_RATE: DetectorKind = {
  name: 'call_rate',
  facts: ACTIVITY,
  isSynchronous: false,
  make: (saved) => new CallRate(saved),
};
