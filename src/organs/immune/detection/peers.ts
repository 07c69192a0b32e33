import type { JsonObject } from '../../../platform/json.js';
import type { AgentType } from '../../agents/index.js';
import { DecayedHistogram } from './decayed-histogram.js';
import type { ClosedMinute } from './minute-meter.js';
import { asObject, savedNumber, savedObject } from './saved-state.js';

/** The peers' measure of how many authorizations a minute has. */
export const CALLS = 'calls';
/** Fewer agents of a type than this are no crowd to compare with. */
const PEERS_MIN = 8;
/** Fewer minutes than this say little of what is usual. */
const MINUTES_MIN = 200;

interface Crowd {
  readonly minutes: DecayedHistogram;
  agents: number;
}

/** What the minutes of all agents of one type look like: calls, and spending in each unit. */
export class Peers {
  private readonly crowds = new Map<string, Crowd>();

  constructor(saved: JsonObject | null) {
    for (const [key, value] of Object.entries(saved ?? {})) {
      const crowd = asObject(value);
      this.crowds.set(key, {
        minutes: new DecayedHistogram(savedObject(crowd, 'minutes')),
        agents: savedNumber(crowd, 'agents'),
      });
    }
  }

  /** Adds an agent's minute; `counted` says in which measures the agent is counted already. */
  add(type: AgentType, { calls, spent }: ClosedMinute, counted: Set<string>): void {
    if (calls > 0) this.addTo(type, CALLS, calls, counted);
    for (const { unit, amount } of spent) if (amount > 0) this.addTo(type, `spent ${unit}`, amount, counted);
  }

  /** What this share of the peers' minutes do not exceed; null where there are too few to say. */
  quantile(type: AgentType, measure: string, share: number): number | null {
    const crowd = this.crowds.get(`${type} ${measure}`);
    if (!crowd || crowd.agents < PEERS_MIN || crowd.minutes.size < MINUTES_MIN) return null;
    return crowd.minutes.quantile(share);
  }

  state(): JsonObject {
    return Object.fromEntries(
      [...this.crowds].map(([key, { minutes, agents }]) => [key, { minutes: minutes.state(), agents }]),
    );
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
