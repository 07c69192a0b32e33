import type { Sighting } from '../detection/finding.js';
import type { Policy } from '../detection/policy.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { inWords, timestampOfMs } from '../detection/spans.js';

/** An action cost more than the threshold times what was held for it, in some unit. It remembers nothing itself. */
class CostAboveHold implements Detector {
  next({ fact, begun }: Moment, { threshold }: Policy): Sighting | null {
    if (fact.kind !== 'ended' || !begun) return null;
    for (const { unit, amount } of fact.spent) {
      const held = begun.held.find((each) => each.unit === unit)?.amount ?? 0;
      if (held <= 0 || amount <= held * threshold) continue;
      return {
        metric: `${unit} of one action`,
        expected: held,
        observed: amount,
        from: timestampOfMs(begun.at),
        to: fact.occurredAt,
        evidence: [fact.eventId],
        reason: `an action cost ${inWords(amount)} ${unit}, for which ${inWords(held)} was held`,
      };
    }
    return null;
  }

  state() {
    return {};
  }
}

/** The real cost of one action far above what was held for it. */
export const COST_ABOVE_HOLD: DetectorKind = {
  name: 'cost_above_hold',
  facts: ['ended'],
  isSynchronous: false,
  make: () => new CostAboveHold(),
};
