import type { JsonObject } from '../../../platform/json.js';
import { plusSeconds } from '../../../platform/time.js';
import { BUDGET_EXCEEDED, refusalSighting, refusalsNeeded, type Refusal } from '../detection/budget-refusals.js';
import type { Sighting } from '../detection/finding.js';
import type { Policy } from '../detection/policy.js';
import { savedNumbers, savedTexts } from '../detection/saved-state.js';
import type { Detector, DetectorKind, Moment } from '../detection/detector.js';

/**
 * Refusals of authorizations for lack of budget: so many within the window, one on probation. One at the window's edge, to
 * the microsecond, is out of it. What set a finding off is not counted again.
 */
class BudgetRefusals implements Detector {
  private refusals: Refusal[];

  constructor(saved: JsonObject | null) {
    const times = savedTexts(saved, 'times');
    this.refusals = savedNumbers(saved, 'ids').map((eventId, i) => ({ eventId, at: times[i] ?? '' }));
  }

  next({ fact, isOnProbation }: Moment, policy: Policy): Sighting | null {
    if (fact.kind !== 'refused' || fact.command !== 'actions.authorize' || fact.code !== BUDGET_EXCEEDED) return null;
    const since = plusSeconds(fact.occurredAt, -policy.window_seconds);
    const recent = this.refusals.filter(({ at }) => at > since);
    recent.push({ eventId: fact.eventId, at: fact.occurredAt });
    const isEnough = recent.length >= refusalsNeeded(policy, isOnProbation);
    this.refusals = isEnough ? [] : recent;
    return isEnough ? refusalSighting(policy, recent, isOnProbation) : null;
  }

  state(): JsonObject {
    return { ids: this.refusals.map(({ eventId }) => eventId), times: this.refusals.map(({ at }) => at) };
  }
}

/** N refusals for lack of budget within the window. */
export const BUDGET_REFUSALS: DetectorKind = {
  name: 'budget_refusals',
  facts: ['refused'],
  isSynchronous: true,
  make: (saved) => new BudgetRefusals(saved),
};
