import type { JsonObject } from '../../../platform/json.js';
import type { Sighting } from '../detection/finding.js';
import type { Policy } from '../detection/policy.js';
import { savedList } from '../detection/saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { inWords } from '../detection/spans.js';

/** Calls in a unit before one is judged. */
const WARM_UP_CALLS = 20;
/** The largest call fades: it is halved in this many calls. */
const FADING = 0.5 ** (1 / 1_000);
/**
 * A call that sets a finding off raises the largest one by this factor only: one wrong bill does not hide the next one, and
 * calls that stay that large are usual after a few.
 */
const RAISED = 2;

interface Largest {
  calls: number;
  amount: number;
}

/** What one call cost against the most that any call of the agent cost before, times the threshold. */
class LargestCall implements Detector {
  private readonly units = new Map<string, Largest>();

  constructor(saved: JsonObject | null) {
    for (const item of savedList(saved, 'units')) {
      const [unit, calls, amount] = item as [string, number, number];
      this.units.set(unit, { calls, amount });
    }
  }

  next({ fact }: Moment, { threshold }: Policy): Sighting | null {
    if (fact.kind !== 'ended' && fact.kind !== 'charged') return null;
    let sighting: Sighting | null = null;
    for (const { unit, amount } of fact.spent) {
      if (amount <= 0) continue;
      const most = this.judge(unit, amount, threshold);
      if (most === null || sighting) continue;
      sighting = {
        metric: `${unit} of one call`,
        expected: most,
        observed: amount,
        from: fact.occurredAt,
        to: fact.occurredAt,
        evidence: [fact.eventId],
        reason: `one call cost ${inWords(amount)} ${unit}, where ${inWords(most)} was the most`,
      };
    }
    return sighting;
  }

  state(): JsonObject {
    return { units: [...this.units].map(([unit, { calls, amount }]) => [unit, calls, amount]) };
  }

  /** The most that was usual where an amount is far above it, else null; the amount is part of the past then. */
  private judge(unit: string, amount: number, threshold: number): number | null {
    const largest = this.units.get(unit) ?? { calls: 0, amount: 0 };
    this.units.set(unit, largest);
    const before = largest.amount;
    const isFar = largest.calls >= WARM_UP_CALLS && amount > before * threshold;
    largest.calls += 1;
    largest.amount = isFar ? before * RAISED : Math.max(before * FADING, amount);
    return isFar ? before : null;
  }
}

/** A call far above everything that the agent ever spent in one. */
export const LARGEST_CALL: DetectorKind = {
  name: 'largest_call',
  facts: ['ended', 'charged'],
  isSynchronous: false,
  make: (saved) => new LargestCall(saved),
};
