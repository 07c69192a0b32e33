import { plusSeconds, type Timestamp } from '../../../platform/time.js';

/** Milliseconds of a minute, the grain in which activity and spending are summed. */
export const MINUTE_MS = 60_000;

/** A moment in ms since 1970 as a timestamp. */
export function timestampOfMs(ms: number): Timestamp {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}

/** The window of so many seconds that ends with a moment. */
export function windowBefore(to: Timestamp, seconds: number): { readonly from: Timestamp; readonly to: Timestamp } {
  return { from: plusSeconds(to, -seconds), to };
}

/** A span of whole minutes, by its first minute's number since 1970. */
export function minutesFrom(minute: number, minutes: number): { readonly from: Timestamp; readonly to: Timestamp } {
  return { from: timestampOfMs(minute * MINUTE_MS), to: timestampOfMs((minute + minutes) * MINUTE_MS) };
}

/** A number for a sentence: six digits of it. */
export function inWords(value: number): string {
  return String(Number(value.toPrecision(6)));
}
