import { DateTime } from 'luxon';
import { plusSeconds, secondsBetween, type Timestamp } from '../../platform/time.js';

/** Seconds of an hour. */
export const HOUR_SECONDS = 3_600;

/** Windows of the calendar. Weeks begin on Monday (ISO 8601). */
export const CALENDAR_WINDOWS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type CalendarWindow = (typeof CALENDAR_WINDOWS)[number];

/** How the windows of a limit follow one another. */
export type Period =
  /** As the clock and the calendar of a time zone have them. */
  | { readonly kind: 'calendar'; readonly every: CalendarWindow; readonly time_zone: string }
  /** One after the other from the limit's beginning, each so many seconds long. */
  | { readonly kind: 'repeating'; readonly seconds: number }
  /** The last so many seconds at any moment. */
  | { readonly kind: 'rolling'; readonly seconds: number }
  /** One window, and then no more: what `POST /metabolism/allocate` grants. */
  | { readonly kind: 'single'; readonly seconds: number }
  /** For ever. */
  | { readonly kind: 'lifetime' };

/** A window: from `start` on and before `end`; null: without end. */
export interface Span {
  readonly start: Timestamp;
  readonly end: Timestamp | null;
}

/** A rolling window moves in slices of one sixtieth: what is told as its last day is at most 24 minutes more than that. */
export const ROLLING_SLICES = 60;

/** The first window of a limit that begins now. */
export function firstSpan(period: Period, now: Timestamp): Span {
  switch (period.kind) {
    case 'calendar':
      return calendarSpan(period, now);
    case 'repeating':
    case 'single':
      return { start: now, end: plusSeconds(now, period.seconds) };
    case 'rolling':
      return sliceAt(period.seconds, now);
    case 'lifetime':
      return { start: now, end: null };
  }
}

/**
 * The window that is running at a moment at or after the end of another one, and how many windows after that it is.
 * Local days have 23, 24 or 25 hours where clocks change; months have their days.
 */
export function laterSpan(
  period: Extract<Period, { kind: 'calendar' | 'repeating' }>,
  before: Span,
  now: Timestamp,
): Span & { readonly passed: number } {
  if (period.kind === 'repeating') {
    const passed = Math.floor(secondsBetween(before.start, now) / period.seconds);
    const start = plusSeconds(before.start, passed * period.seconds);
    return { start, end: plusSeconds(start, period.seconds), passed };
  }
  const span = calendarSpan(period, now);
  const from = DateTime.fromISO(before.start, { zone: period.time_zone });
  const to = DateTime.fromISO(span.start, { zone: period.time_zone });
  const units = `${period.every}s` as const;
  return { ...span, passed: Math.max(1, Math.round(to.diff(from, units).as(units))) };
}

/** The slice of a rolling window that a moment is in; slices begin at multiples of their length since 1970. */
export function sliceAt(windowSeconds: number, now: Timestamp): Span & { readonly end: Timestamp } {
  const length = windowSeconds / ROLLING_SLICES;
  const since = secondsBetween(EPOCH, now);
  const start = plusSeconds(EPOCH, Math.floor(since / length) * length);
  return { start, end: plusSeconds(start, length) };
}

function calendarSpan({ every, time_zone: zone }: { every: CalendarWindow; time_zone: string }, now: Timestamp): Span {
  const start = DateTime.fromISO(now, { zone }).startOf(every);
  const end = start.plus({ [every]: 1 }).startOf(every);
  return { start: timestampOf(start), end: timestampOf(end) };
}

const EPOCH: Timestamp = '1970-01-01T00:00:00.000000Z';

function timestampOf(moment: DateTime): Timestamp {
  return `${moment.toUTC().toFormat("yyyy-MM-dd'T'HH:mm:ss")}.000000Z`;
}
