/** Windows of the calendar, reckoned without any library: UTC, and Berlin with its two changes of clocks a year. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type Every = 'minute' | 'hour' | 'day' | 'week' | 'month';
export type Zone = 'UTC' | 'Europe/Berlin';

/** The last Sunday of a month at 01:00 UTC, when clocks change in the European Union. */
function lastSunday(year: number, month: number): number {
  const lastDay = new Date(Date.UTC(year, month + 1, 0));
  return Date.UTC(year, month, lastDay.getUTCDate() - lastDay.getUTCDay(), 1);
}

function offset(ms: number, zone: Zone): number {
  if (zone === 'UTC') return 0;
  const year = new Date(ms).getUTCFullYear();
  return ms >= lastSunday(year, 2) && ms < lastSunday(year, 9) ? 2 * HOUR_MS : HOUR_MS;
}

/** The first moment that a local time is reached; local midnights are never skipped or doubled in these zones. */
function utcOf(local: number, zone: Zone): number {
  const guess = local - offset(local, zone);
  return local - offset(guess, zone);
}

/** Start and end of the window that holds a moment, in ms. */
export function windowAt(every: Every, zone: Zone, ms: number): { readonly start: number; readonly end: number } {
  if (every === 'minute' || every === 'hour') {
    const length = every === 'minute' ? 60_000 : HOUR_MS;
    const start = Math.floor(ms / length) * length;
    return { start, end: start + length };
  }
  const local = new Date(ms + offset(ms, zone));
  const [year, month, date] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  if (every === 'month') {
    return { start: utcOf(Date.UTC(year, month), zone), end: utcOf(Date.UTC(year, month + 1), zone) };
  }
  const midnight = Date.UTC(year, month, date);
  const first = every === 'day' ? midnight : midnight - ((local.getUTCDay() + 6) % 7) * DAY_MS;
  const days = every === 'day' ? 1 : 7;
  return { start: utcOf(first, zone), end: utcOf(first + days * DAY_MS, zone) };
}
