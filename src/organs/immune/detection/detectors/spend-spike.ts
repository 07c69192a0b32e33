import type { JsonObject } from '../../../../platform/json.js';
import { ACTIVITY } from '../minute-meter.js';
import type { Sighting } from '../finding.js';
import type { Policy } from '../policy.js';
import { asObject } from '../saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detector.js';
import { inWords, minutesFrom } from '../spans.js';
import { SpikeDetector } from '../spike-detector.js';

/**
 * What was spent in a minute, unit by unit, against what such minutes were before. Only minutes in which something was spent
 * count: an agent that idles is not unusual when it works again.
 */
class SpendSpike implements Detector {
  private readonly units = new Map<string, SpikeDetector>();

  constructor(saved: JsonObject | null) {
    for (const [unit, state] of Object.entries(saved ?? {})) {
      this.units.set(unit, new SpikeDetector(asObject(state) ?? undefined));
    }
  }

  next({ closed, fact }: Moment, policy: Policy): Sighting | null {
    if (!closed) return null;
    let worst: { unit: string; amount: number; expected: number; score: number } | null = null;
    for (const { unit, amount } of closed.spent) {
      if (amount <= 0) continue;
      const { score, expected, direction } = this.of(unit).next(amount);
      if (direction !== 'up' || score < policy.threshold || score <= (worst?.score ?? 0)) continue;
      worst = { unit, amount, expected, score };
    }
    if (!worst) return null;
    const { unit, amount, expected } = worst;
    return {
      metric: `${unit} per minute`,
      expected,
      observed: amount,
      ...minutesFrom(closed.minute, 1),
      evidence: [...closed.evidence, fact.eventId],
      reason: `spent ${inWords(amount)} ${unit} within a minute, where about ${inWords(expected)} was to be expected`,
    };
  }

  state(): JsonObject {
    return Object.fromEntries([...this.units].map(([unit, detector]) => [unit, detector.state()]));
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
