/** Observations of one sensor that one process takes in a minute: a hundred a second, of the thousands that a log takes from all. */
export const OBSERVATIONS_PER_MINUTE_MAX = 6_000;

/** The span that observations are counted in, in ms. */
const WINDOW_MS = 60_000;

interface Window {
  readonly since: number;
  count: number;
}

/** Counts observations by sensor and minute, on this process. A minute begins with the first one that falls in none. */
export class ObservationMeter {
  private readonly windows = new Map<string, Window>();
  private sweptAt = 0;

  /** @param clock in ms, never going back */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** Counts so many more, where they fit; answers 0, or the seconds to wait where they do not. */
  admit(agentId: string, count: number): number {
    const now = this.clock();
    this.sweep(now);
    let window = this.windows.get(agentId);
    if (!window || now - window.since >= WINDOW_MS) {
      window = { since: now, count: 0 };
      this.windows.set(agentId, window);
    }
    if (window.count + count > OBSERVATIONS_PER_MINUTE_MAX) return Math.ceil((window.since + WINDOW_MS - now) / 1000);
    window.count += count;
    return 0;
  }

  /** Sensors that are silent take no memory. */
  private sweep(now: number): void {
    if (now - this.sweptAt < WINDOW_MS) return;
    this.sweptAt = now;
    for (const [agentId, { since }] of this.windows) if (now - since >= WINDOW_MS) this.windows.delete(agentId);
  }
}
