import type { Sighting } from '../detection/finding.js';
import type { Policy } from '../detection/policy.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';
import { inWords } from '../detection/spans.js';

/** A limit of the agent's own scope came into debt by the threshold or more. It remembers nothing. */
class Debt implements Detector {
  next({ fact }: Moment, { threshold }: Policy): Sighting | null {
    if (fact.kind !== 'indebted' || fact.debt.amount < threshold) return null;
    const { amount, unit } = fact.debt;
    return {
      metric: `debt in ${unit}`,
      expected: 0,
      observed: amount,
      from: fact.occurredAt,
      to: fact.occurredAt,
      evidence: [fact.eventId],
      reason: `a limit of its own came into debt, by ${inWords(amount)} ${unit}`,
    };
  }

  state() {
    return {};
  }
}

/** Debt of the agent's own limits. */
export const DEBT: DetectorKind = {
  name: 'debt',
  facts: ['indebted'],
  isSynchronous: false,
  make: () => new Debt(),
};
