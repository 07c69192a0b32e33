import type { JsonObject } from '../../../platform/json.js';
import type { AgentType } from '../../agents/index.js';
import { DecayedHistogram } from './decayed-histogram.js';
import type { ClosedMinute } from './minute-meter.js';
import { RateMeter } from './rate-meter.js';
import { asObject, savedNumber, savedObject } from './saved-state.js';

/** The measure of how many authorizations a minute has. */
export const CALLS = 'calls';
/** The measure of what is spent in a minute. */
export function spentIn(unit: string): string {
  return `spent ${unit}`;
}

/** Fewer agents of a type than this are no crowd to compare with. */
const PEERS_MIN = 8;
/** Fewer minutes than this say little of what is usual. */
const MINUTES_MIN = 200;
/** The window in which the calls of all agents of a type are counted. */
const WINDOW_SECONDS = 60;

interface Crowd {
  readonly minutes: DecayedHistogram;
  agents: number;
}

/** What the minutes of all agents of one type look like: calls, and spending in each unit; and how much they call together. */
export class Peers {
  private readonly crowds = new Map<string, Crowd>();
  private readonly rates = new Map<AgentType, RateMeter>();

  constructor(saved: JsonObject | null) {
    for (const [key, value] of Object.entries(savedObject(saved, 'crowds') ?? {})) {
      const crowd = asObject(value);
      this.crowds.set(key, {
        minutes: new DecayedHistogram(savedObject(crowd, 'minutes')),
        agents: savedNumber(crowd, 'agents'),
      });
    }
    for (const [type, rate] of Object.entries(savedObject(saved, 'rates') ?? {})) {
      this.rates.set(type as AgentType, new RateMeter(asObject(rate)));
    }
  }

  /** Adds an agent's minute; `counted` says in which measures the agent is counted already. */
  add(type: AgentType, { calls, spent }: ClosedMinute, counted: Set<string>): void {
    if (calls > 0) this.addTo(type, CALLS, calls, counted);
    for (const { unit, amount } of spent) if (amount > 0) this.addTo(type, spentIn(unit), amount, counted);
  }

  /** Counts a call of an agent. */
  called(type: AgentType, at: number): void {
    let rate = this.rates.get(type);
    if (!rate) {
      rate = new RateMeter(null);
      this.rates.set(type, rate);
    }
    rate.add(at, WINDOW_SECONDS);
  }

  /**
   * How many times as much as ever before all others of a type call now, at least 1; 1 where they are too few to say.
   * @param own calls of the one who is compared with them
   */
  growth(type: AgentType, at: number, own: number): number {
    const rate = this.rates.get(type);
    const crowd = this.crowds.get(`${type} ${CALLS}`);
    if (!rate || rate.usual === 0 || !crowd || crowd.agents < PEERS_MIN) return 1;
    return Math.max(1, (rate.countAt(at, WINDOW_SECONDS) - own) / rate.usual);
  }

  /** What this share of the peers' minutes do not exceed; null where there are too few to say. */
  quantile(type: AgentType, measure: string, share: number): number | null {
    const crowd = this.crowds.get(`${type} ${measure}`);
    if (!crowd || crowd.agents < PEERS_MIN || crowd.minutes.size < MINUTES_MIN) return null;
    return crowd.minutes.quantile(share);
  }

  state(): JsonObject {
    const crowds = [...this.crowds].map(([key, { minutes, agents }]) => [key, { minutes: minutes.state(), agents }]);
    const rates = [...this.rates].map(([type, rate]) => [type, rate.state()]);
    return { crowds: Object.fromEntries(crowds) as JsonObject, rates: Object.fromEntries(rates) as JsonObject };
  }

  private addTo(type: AgentType, measure: string, value: number, counted: Set<string>): void {
    const key = `${type} ${measure}`;
    let crowd = this.crowds.get(key);
    if (!crowd) {
      crowd = { minutes: new DecayedHistogram(null), agents: 0 };
      this.crowds.set(key, crowd);
    }
    if (!counted.has(key)) {
      counted.add(key);
      crowd.agents += 1;
    }
    crowd.minutes.add(value);
  }
}
