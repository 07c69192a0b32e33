import type { JsonObject } from '../../../platform/json.js';
import { ACTIVITY } from '../detection/minute-meter.js';
import type { Sighting } from '../detection/finding.js';
import type { Policy } from '../detection/policy.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { inWords, minutesFrom } from '../detection/spans.js';
import { SpikeDetector, type SpikeScore, type SpikeState } from '../detection/spike-detector.js';

/** The spike detector also finds values that are new by little; a spike is so many times the nearest usual one at least. */
const FAR_ABOVE = 1.5;

/**
 * What was spent in a minute, unit by unit, against what such minutes were before. Only minutes in which something was spent
 * count: an agent that idles is not unusual when it works again.
 */
class SpendSpike implements Detector {
  private readonly units = new Map<string, SpikeDetector>();

  constructor(saved: JsonObject | null) {
    for (const [unit, state] of Object.entries(saved ?? {})) {
      this.units.set(unit, new SpikeDetector(state as unknown as SpikeState));
    }
  }

  next({ closed, fact }: Moment, policy: Policy): Sighting | null {
    if (!closed) return null;
    let worst: (SpikeScore & { readonly unit: string }) | null = null;
    for (const { unit, amount } of closed.spent) {
      if (amount <= 0) continue;
      const judged = this.of(unit).next(amount);
      if (judged.score < policy.threshold || judged.observed < judged.expected * FAR_ABOVE) continue;
      if (judged.score <= (worst?.score ?? 0)) continue;
      worst = { ...judged, unit };
    }
    if (!worst) return null;
    const { unit, observed, expected, span } = worst;
    return {
      metric: `${unit} per minute`,
      expected,
      observed,
      ...minutesFrom(closed.minute, 1),
      evidence: [...closed.evidence, fact.eventId],
      reason: `spent ${inWords(observed)} ${unit} a minute${span > 1 ? ` in ${span} active minutes` : ''}, where ${inWords(expected)} is the nearest that was usual`,
    };
  }

  state(): JsonObject {
    return Object.fromEntries(
      [...this.units].map(([unit, detector]) => [unit, detector.state() as unknown as JsonObject]),
    );
  }

  private of(unit: string): SpikeDetector {
    let detector = this.units.get(unit);
    if (!detector) {
      detector = new SpikeDetector();
      this.units.set(unit, detector);
    }
    return detector;
  }
}

/** A minute's spending far above what it was before. */
export const SPEND_SPIKE: DetectorKind = {
  name: 'spend_spike',
  facts: ACTIVITY,
  isSynchronous: false,
  make: (saved) => new SpendSpike(saved),
};
