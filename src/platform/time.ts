/**
 * A moment as text: RFC 3339 in UTC with exactly six fractional digits and `Z`, so that moments compare as strings.
 * Decisions use the database's clock only; this module never asks the computer's.
 */
export type Timestamp = string;

const MICROS_PER_SECOND = 1_000_000;

/** The moment `seconds` (may be fractional or negative, exact to a microsecond until 2255) after another one. */
export function plusSeconds(moment: Timestamp, seconds: number): Timestamp {
  return timestampOfMicros(microsOf(moment) + Math.round(seconds * MICROS_PER_SECOND));
}

/** Seconds from `from` to `to`, negative when `to` is earlier. */
export function secondsBetween(from: Timestamp, to: Timestamp): number {
  return (microsOf(to) - microsOf(from)) / MICROS_PER_SECOND;
}

/** PostgreSQL's text of a `timestamptz` in a UTC session (`2026-01-02 03:04:05.6+00`) as a timestamp. */
export function timestampOfPostgres(text: string): Timestamp {
  const point = text.indexOf('.');
  const end = text.length - 3;
  const fraction = point < 0 ? '' : text.slice(point + 1, end);
  return `${text.slice(0, 10)}T${text.slice(11, point < 0 ? end : point)}.${fraction.padEnd(6, '0')}Z`;
}

/**
 * Any RFC 3339 text of a year 1-9999 as a timestamp in UTC; digits beyond the microsecond are cut.
 * Returns null when the text is not a date that exists.
 */
export function timestampOfRfc3339(text: string): Timestamp | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i.exec(text);
  if (!match) return null;
  const [, seconds = '', fraction = '', zone = 'Z'] = match;
  const moment = new Date(`${seconds}${zone}`);
  if (Number.isNaN(moment.getTime()) || !sameDay(seconds)) return null;
  const year = moment.getUTCFullYear();
  if (year < 1 || year > 9999) return null;
  // Not by way of microseconds: beyond 2255 a double does not carry them.
  return `${moment.toISOString().slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}Z`;
}

/** `Date.parse` turns 30 February into 2 March; such a day is not accepted. */
function sameDay(seconds: string): boolean {
  const asUtc = new Date(`${seconds}Z`);
  return !Number.isNaN(asUtc.getTime()) && asUtc.toISOString().slice(0, 10) === seconds.slice(0, 10);
}

/** The whole seconds since 1970 at a moment (RFC 7519's NumericDate), cut. */
export function unixSeconds(moment: Timestamp): number {
  return Date.parse(`${moment.slice(0, 19)}Z`) / 1000;
}

function microsOf(moment: Timestamp): number {
  return Date.parse(`${moment.slice(0, 19)}Z`) * 1000 + Number(moment.slice(20, 26));
}

function timestampOfMicros(micros: number): Timestamp {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  const fraction = String(micros - seconds * MICROS_PER_SECOND).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
