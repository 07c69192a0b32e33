import type { JsonObject } from '../../../platform/json.js';
import type { Fact, FactKind, Quantity } from './fact.js';
import { EVIDENCE_MAX } from './finding.js';
import { savedList, savedNumber, savedNumbers } from './saved-state.js';
import { MINUTE_MS } from './spans.js';

/** The facts that show an agent at work, by which its minutes pass. */
export const ACTIVITY: readonly FactKind[] = ['authorized', 'ended', 'charged', 'refused', 'expired'];

/** A minute in which an agent did something, when it is over. */
export interface ClosedMinute {
  /** Its number since 1970. */
  readonly minute: number;
  /** Authorizations in it. */
  readonly calls: number;
  /** What was booked in it, by unit. */
  readonly spent: readonly Quantity[];
  /** Ids of its last events. */
  readonly evidence: readonly number[];
}

/** Sums what an agent does by the minute of the log's clock. A minute is over with the agent's first activity of a later one. */
export class MinuteMeter {
  private minute: number;
  private calls: number;
  private spent: { unit: string; amount: number }[];
  private ids: number[];

  constructor(saved: JsonObject | null) {
    this.minute = savedNumber(saved, 'minute');
    this.calls = savedNumber(saved, 'calls');
    this.spent = savedList(saved, 'spent').map((pair) => {
      const [unit, amount] = pair as [string, number];
      return { unit, amount };
    });
    this.ids = savedNumbers(saved, 'ids');
  }

  /** Counts a fact; answers the minute that it shows to be over. A clock that went back counts in the present minute. */
  add(fact: Fact): ClosedMinute | null {
    if (!ACTIVITY.includes(fact.kind)) return null;
    const minute = Math.floor(fact.at / MINUTE_MS);
    const closed = minute > this.minute ? this.close(minute) : null;
    if (fact.kind === 'authorized') this.calls += 1;
    else if (fact.kind === 'ended' || fact.kind === 'charged') for (const quantity of fact.spent) this.spend(quantity);
    else return closed;
    if (this.ids.length >= EVIDENCE_MAX) this.ids.shift();
    this.ids.push(fact.eventId);
    return closed;
  }

  state(): JsonObject {
    const { minute, calls, ids } = this;
    return { minute, calls, spent: this.spent.map(({ unit, amount }) => [unit, amount]), ids: [...ids] };
  }

  private close(next: number): ClosedMinute | null {
    const { minute, calls, spent, ids } = this;
    this.minute = next;
    if (ids.length === 0) return null;
    this.calls = 0;
    this.spent = [];
    this.ids = [];
    return { minute, calls, spent, evidence: ids };
  }

  private spend({ unit, amount }: Quantity): void {
    const known = this.spent.find((each) => each.unit === unit);
    if (known) known.amount += amount;
    else this.spent.push({ unit, amount });
  }
}
