import type { JsonObject } from '../../../platform/json.js';
import { savedNumbers } from './saved-state.js';

/** Most events that are remembered, whatever a policy's threshold is. */
export const REMEMBERED_MAX = 1_000;

/** The last events of one sort within a window, as many as are needed to say that there were so many. */
export class RecentEvents {
  private readonly ids: number[];
  private readonly times: number[];

  constructor(saved: JsonObject | null) {
    this.ids = savedNumbers(saved, 'ids');
    this.times = savedNumbers(saved, 'times');
  }

  /** Adds an event, forgets those at or before the window's edge and the oldest ones above `most`; answers how many are left. */
  add(eventId: number, at: number, windowSeconds: number, most: number): number {
    this.ids.push(eventId);
    this.times.push(at);
    const edge = at - windowSeconds * 1000;
    const kept = Math.max(1, Math.min(Math.ceil(most), REMEMBERED_MAX));
    while (this.ids.length > kept || (this.times[0] ?? at) <= edge) {
      this.ids.shift();
      this.times.shift();
    }
    return this.ids.length;
  }

  /** Ids of what is remembered, ascending. */
  get eventIds(): readonly number[] {
    return this.ids;
  }

  /** When the last one was, in ms since 1970; null: there is none. */
  get lastAt(): number | null {
    return this.times.at(-1) ?? null;
  }

  clear(): void {
    this.ids.length = 0;
    this.times.length = 0;
  }

  state(): JsonObject {
    return { ids: [...this.ids], times: [...this.times] };
  }
}
