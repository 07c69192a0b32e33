import type { JsonObject } from '../../../platform/json.js';
import { EVIDENCE_MAX, type Sighting } from '../detection/finding.js';
import { ACTIVITY } from '../detection/minute-meter.js';
import type { Policy } from '../detection/policy.js';
import { savedNumber, savedNumbers, savedObject } from '../detection/saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { inWords, MINUTE_MS, minutesFrom } from '../detection/spans.js';
import { SpikeDetector, type SpikeState } from '../detection/spike-detector.js';

const MINUTES_AN_HOUR = 60;
/** The spike detector also finds values that are new by little; a drop is to this part of the nearest usual one at most. */
const FAR_BELOW = 0.5;
const HOUR_MS = MINUTES_AN_HOUR * MINUTE_MS;

/**
 * What was spent in an hour, unit by unit, against what such hours were before. Only hours in which the agent called for
 * something count, so that one who has nothing to do is not found, and one who goes on calling for less and less is.
 */
class SpendDrop implements Detector {
  private readonly units = new Map<string, SpikeDetector>();
  private readonly sums = new Map<string, number>();
  private calls: number;
  private readonly ids: number[];

  constructor(saved: JsonObject | null) {
    for (const [unit, state] of Object.entries(savedObject(saved, 'units') ?? {})) {
      this.units.set(unit, new SpikeDetector(state as unknown as SpikeState));
    }
    const sums = savedObject(saved, 'sums');
    for (const unit of Object.keys(sums ?? {})) this.sums.set(unit, savedNumber(sums, unit));
    this.calls = savedNumber(saved, 'calls');
    this.ids = savedNumbers(saved, 'ids');
  }

  next({ closed, fact }: Moment, policy: Policy): Sighting | null {
    if (!closed) return null;
    this.calls += closed.calls;
    for (const { unit, amount } of closed.spent) this.sums.set(unit, (this.sums.get(unit) ?? 0) + amount);
    this.ids.push(...closed.evidence);
    if (this.ids.length >= EVIDENCE_MAX) this.ids.splice(0, this.ids.length - EVIDENCE_MAX + 1);
    const hour = Math.floor(closed.minute / MINUTES_AN_HOUR);
    const isOver = Math.floor(fact.at / HOUR_MS) > hour;
    return isOver ? this.end(hour, policy, fact.eventId) : null;
  }

  state(): JsonObject {
    return {
      units: Object.fromEntries(
        [...this.units].map(([unit, detector]) => [unit, detector.state() as unknown as JsonObject]),
      ),
      sums: Object.fromEntries(this.sums),
      calls: this.calls,
      ids: [...this.ids],
    };
  }

  private end(hour: number, policy: Policy, eventId: number): Sighting | null {
    let found: Sighting | null = null;
    if (this.calls > 0) {
      for (const unit of [...new Set([...this.units.keys(), ...this.sums.keys()])].toSorted()) {
        const seen = this.judge(unit, hour, policy, eventId);
        found ??= seen;
      }
    }
    this.sums.clear();
    this.calls = 0;
    this.ids.length = 0;
    return found;
  }

  private judge(unit: string, hour: number, policy: Policy, eventId: number): Sighting | null {
    const amount = this.sums.get(unit) ?? 0;
    const detector = this.units.get(unit) ?? new SpikeDetector();
    this.units.set(unit, detector);
    const { score, observed, expected, direction, span } = detector.next(amount);
    if (direction !== 'down' || score < policy.threshold || observed > expected * FAR_BELOW) return null;
    return {
      metric: `${unit} per hour`,
      expected,
      observed,
      ...minutesFrom(hour * MINUTES_AN_HOUR, MINUTES_AN_HOUR),
      evidence: [...this.ids, eventId],
      reason: `went on calling and spent ${inWords(observed)} ${unit} an hour${span > 1 ? ` in ${span} active hours` : ''}, where ${inWords(expected)} is the nearest that was usual`,
    };
  }
}

/** An hour's spending far below what it was before, of an agent that goes on calling. */
export const SPEND_DROP: DetectorKind = {
  name: 'spend_drop',
  facts: ACTIVITY,
  isSynchronous: false,
  make: (saved) => new SpendDrop(saved),
};
