import type { JsonObject } from '../../../platform/json.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { EVIDENCE_MAX, type Sighting } from '../detection/finding.js';
import { ACTIVITY } from '../detection/minute-meter.js';
import { CALLS } from '../detection/peers.js';
import type { Policy } from '../detection/policy.js';
import { RateMeter } from '../detection/rate-meter.js';
import { savedNumber, savedNumbers, savedObject } from '../detection/saved-state.js';
import { inWords, windowBefore } from '../detection/spans.js';

/** Active minutes before an agent is judged by its own past. */
const WARM_UP_MINUTES = 30;
/** The past is halved in this many active minutes: a week of constant work. */
const HALF_LIFE_MINUTES = 10_000;
const FADING = 0.5 ** (1 / HALF_LIFE_MINUTES);
/** A small peak may be exceeded by so many: counts of few calls differ by chance. */
const MARGIN = 3;
/** Peers' minutes that none but one in a thousand exceeds. */
const PEERS_SHARE = 0.999;

/**
 * Authorizations within the window against the most that the agent ever had in one, times the threshold; while its past is
 * short, against what its peers have. Where the peers together call for more than ever as well, so much more is allowed: a
 * busy hour is no runaway.
 */
class CallRate implements Detector {
  private readonly rate: RateMeter;
  private readonly ids: number[];
  private minutes: number;

  constructor(saved: JsonObject | null) {
    this.rate = new RateMeter(savedObject(saved, 'rate'));
    this.ids = savedNumbers(saved, 'ids');
    this.minutes = savedNumber(saved, 'minutes');
  }

  next(moment: Moment, policy: Policy): Sighting | null {
    const { fact, closed, agentType, peers } = moment;
    // Minutes without a call say nothing, and an idle agent does not forget.
    if (closed && closed.calls > 0) {
      this.minutes += 1;
      this.rate.fade(FADING);
    }
    if (fact.kind !== 'authorized') return null;
    const { threshold, window_seconds: seconds } = policy;
    const count = this.rate.add(fact.at, seconds);
    this.keep(fact.eventId, count);
    const usual = this.usual(moment, seconds);
    if (usual === null || count < Math.max(usual * threshold, usual + MARGIN)) return null;
    if (count < usual * threshold * peers.growth(agentType, fact.at, count)) return null;
    return {
      metric: `calls in ${seconds} s`,
      expected: usual,
      observed: count,
      ...windowBefore(fact.occurredAt, seconds),
      evidence: [...this.ids],
      reason: `called ${count} times within ${seconds} s, where ${inWords(usual)} were the most that is usual`,
    };
  }

  state(): JsonObject {
    return { rate: this.rate.state(), ids: [...this.ids], minutes: this.minutes };
  }

  private usual({ agentType, peers }: Moment, seconds: number): number | null {
    if (this.minutes >= WARM_UP_MINUTES && this.rate.usual > 0) return this.rate.usual;
    const minute = peers.quantile(agentType, CALLS, PEERS_SHARE);
    return minute && (minute * Math.max(60, seconds)) / 60;
  }

  private keep(eventId: number, count: number): void {
    this.ids.push(eventId);
    const kept = Math.min(count, EVIDENCE_MAX);
    while (this.ids.length > kept) this.ids.shift();
  }
}

/** Calls far above what the agent, or its peers, ever had. */
export const CALL_RATE: DetectorKind = {
  name: 'call_rate',
  facts: ACTIVITY,
  isSynchronous: false,
  make: (saved) => new CallRate(saved),
};
