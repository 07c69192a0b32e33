import { secondsBetween, type Timestamp } from '../platform/time.js';
import type { Caller } from './command.js';

/** Refusals of one caller that one process writes into the log in a minute; a caller that only hears no must not grow the log. */
export const DENIALS_PER_MINUTE_MAX = 60;

/** The span that refusals are counted in, in seconds. */
const WINDOW_SECONDS = 60;

interface Window {
  readonly caller: Caller;
  readonly since: Timestamp;
  denials: number;
  suppressed: number;
}

/** A caller whose refusals went uncounted in the log for a while. */
export interface Suppressed {
  readonly caller: Caller;
  readonly since: Timestamp;
  readonly count: number;
}

/** Counts refusals by caller and minute, on the database's clock, for this process. */
export class DenialMeter {
  private readonly windows = new Map<string, Window>();
  /** What was counted before each change since the mark. */
  private readonly before: [key: string, window: Window | null][] = [];

  /** Whether one more refusal of this caller still becomes an event; counts it either way. Seconds to wait when not. */
  admit(caller: Caller, now: Timestamp): { readonly recorded: boolean; readonly retryAfter: number } {
    if (caller.kind === 'system') return { recorded: true, retryAfter: 0 };
    const key = `${caller.kind}:${caller.id}`;
    let window = this.windows.get(key);
    this.before.push([key, window ? { ...window } : null]);
    if (!window || this.isOver(window, now)) {
      if (window && window.suppressed > 0) return { recorded: false, retryAfter: this.suppress(window, now) };
      window = { caller, since: now, denials: 0, suppressed: 0 };
      this.windows.set(key, window);
    }
    if (window.denials >= DENIALS_PER_MINUTE_MAX) return { recorded: false, retryAfter: this.suppress(window, now) };
    window.denials += 1;
    return { recorded: true, retryAfter: 0 };
  }

  /** Remembers from here on what `rewind` takes back. */
  mark(): void {
    this.before.length = 0;
  }

  /** Forgets what was counted since the mark: it is to be decided again. */
  rewind(): void {
    for (const [key, window] of this.before.splice(0).toReversed()) {
      if (window) this.windows.set(key, window);
      else this.windows.delete(key);
    }
  }

  /** Takes out the windows that are over (all of them when `now` is null) and tells which of them suppressed something. */
  drain(now: Timestamp | null): Suppressed[] {
    const told: Suppressed[] = [];
    for (const [key, window] of this.windows) {
      if (now !== null && !this.isOver(window, now)) continue;
      this.windows.delete(key);
      this.forget(key);
      const { caller, since, suppressed: count } = window;
      if (count > 0) told.push({ caller, since, count });
    }
    return told;
  }

  /** What was told of is not taken back. */
  private forget(key: string): void {
    const kept = this.before.filter(([other]) => other !== key);
    this.before.splice(0, this.before.length, ...kept);
  }

  private suppress(window: Window, now: Timestamp): number {
    window.suppressed += 1;
    return Math.max(1, Math.ceil(WINDOW_SECONDS - secondsBetween(window.since, now)));
  }

  private isOver(window: Window, now: Timestamp): boolean {
    return secondsBetween(window.since, now) >= WINDOW_SECONDS;
  }
}
