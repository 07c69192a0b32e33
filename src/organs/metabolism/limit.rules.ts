import { decimalOfNano, nanoOfDecimal } from '../../platform/decimal.js';
import { plusSeconds, type Timestamp } from '../../platform/time.js';
import type { Limit, Mark } from './entities/limit.entity.js';
import { laterSpan, sliceAt } from './period.js';

/** The sums of a scope in one unit, in nano-units. */
export interface Sums {
  readonly held: bigint;
  readonly booked: bigint;
}

/** What a limit bears at a moment, in nano-units. */
export interface Standing {
  /** What it may bear in all: the limit and what the window was given beyond it. */
  readonly total: bigint;
  /** Booked in the window and borne by the limit. */
  readonly spent: bigint;
  readonly held: bigint;
  /** Booked in the window beyond what the limit bears. */
  readonly debt: bigint;
  /** What may still be held or charged: 0 in debt and where no window is running. */
  readonly remaining: bigint;
}

/** Whether a window of the limit is running. Only what was allocated once ends for good. */
export function isInForce(limit: Readonly<Limit>, now: Timestamp): boolean {
  return limit.period.kind !== 'single' || (limit.window_end !== null && now < limit.window_end);
}

/**
 * What a limit bears. What was booked is split into what it bears and debt: spent + held never rises above the total, and
 * room that a hold leaves behind pays debt at once.
 * @param limit brought up to date for `now`
 */
export function standingOf(limit: Readonly<Limit>, { held, booked }: Sums, now: Timestamp): Standing {
  const total = limit.limit_nano + limit.funded_nano;
  const used = booked - limit.base_nano;
  const room = atLeastZero(total - held);
  const spent = used < room ? used : room;
  const left = isInForce(limit, now) ? atLeastZero(total - held - used) : 0n;
  return { total, spent, held, debt: used - spent, remaining: left };
}

/** A moment, and the event that is being decided in it. */
export interface Moment {
  readonly now: Timestamp;
  readonly eventId: number;
}

/**
 * The limit as it is at a moment: in a later window where its own is over. Time alone decides; nothing has to run when a
 * window ends. Debt goes into the next window, which pays of it what it can; where several windows went by, each has paid
 * its part. A clock that was set back changes nothing.
 */
export function upToDate(limit: Readonly<Limit>, sums: Sums, moment: Moment): Readonly<Limit> {
  const { period, window_end: end } = limit;
  const { now, eventId } = moment;
  if (end === null || now < end) return limit;
  switch (period.kind) {
    case 'single':
    case 'lifetime':
      return limit;
    case 'rolling':
      return slid(limit, period.seconds, sums, moment);
    case 'calendar':
    case 'repeating': {
      const next = laterSpan(period, { start: limit.window_start, end }, now);
      const room = atLeastZero(limit.limit_nano - sums.held);
      const { debt } = standingOf(limit, sums, now);
      const carried = atLeastZero(debt - BigInt(next.passed - 1) * room);
      return {
        ...limit,
        window_start: next.start,
        window_end: next.end,
        since_event_id: eventId,
        base_nano: sums.booked - carried,
        carried_nano: carried,
        forgiven_nano: 0n,
        funded_nano: 0n,
        told: 0,
        told_at: null,
      };
    }
  }
}

/**
 * A rolling window in a new slice: what was booked before the oldest slice that reaches into it is not counted any more.
 * Between two moves it counts up to one slice too much, never too little. Since whoever books moves the window first,
 * nothing was booked after the slice that was its newest.
 */
function slid(limit: Readonly<Limit>, seconds: number, { booked }: Sums, { now, eventId }: Moment): Limit {
  const slice = sliceAt(seconds, now);
  const leaves = plusSeconds(now, -seconds);
  const newest: Mark = [limit.window_end ?? slice.start, decimalOfNano(booked), eventId];
  const marks = [...(limit.marks ?? []), newest];
  const kept = marks.slice(
    Math.max(
      0,
      marks.findLastIndex(([at]) => at <= leaves),
    ),
  );
  const [start, base, since] = kept[0] ?? newest;
  const isFundOver = limit.funded_until !== null && limit.funded_until <= now;
  const forgets = limit.told_at !== null && limit.told_at <= leaves;
  return {
    ...limit,
    marks: kept,
    window_start: start,
    window_end: slice.end,
    since_event_id: since,
    base_nano: nanoOfDecimal(base),
    ...(isFundOver ? { funded_nano: 0n, funded_until: null } : {}),
    ...(forgets ? { told: 0, told_at: null } : {}),
  };
}

/**
 * The limit after something that an earlier event booked is corrected by `difference` (negative: taken back): a window
 * that did not bear it does not get it back.
 */
export function corrected(limit: Readonly<Limit>, bookedBy: number, difference: bigint): Readonly<Limit> {
  if (difference >= 0n) return limit;
  const marks = limit.marks?.map(([at, booked, eventId]): Mark => {
    const held = eventId > bookedBy ? decimalOfNano(nanoOfDecimal(booked) + difference) : booked;
    return [at, held, eventId];
  });
  return {
    ...limit,
    ...(marks ? { marks } : {}),
    base_nano: bookedBy < limit.since_event_id ? limit.base_nano + difference : limit.base_nano,
  };
}

/** The limit after an arbiter forgave debt. In a rolling window the debt leaves by itself: until then it is borne. */
export function forgiven(limit: Readonly<Limit>, nano: bigint, now: Timestamp): Limit {
  if (limit.period.kind === 'rolling') return funded(limit, nano, now);
  return { ...limit, base_nano: limit.base_nano + nano, forgiven_nano: limit.forgiven_nano + nano };
}

/** The limit after an arbiter gave its window more to bear. */
export function funded(limit: Readonly<Limit>, nano: bigint, now: Timestamp): Limit {
  const until = limit.period.kind === 'rolling' ? plusSeconds(now, limit.period.seconds) : null;
  return { ...limit, funded_nano: limit.funded_nano + nano, funded_until: until };
}

/** The percentages that the limit has newly reached. @param thresholds ascending */
export function reached(limit: Readonly<Limit>, sums: Sums, thresholds: readonly number[]): number[] {
  const told: number[] = [];
  const total = limit.limit_nano + limit.funded_nano;
  const used = (sums.booked - limit.base_nano + sums.held) * 100n;
  for (const percent of thresholds) {
    if (percent <= limit.told) continue;
    if (used < BigInt(percent) * total) break;
    told.push(percent);
  }
  return told;
}

function atLeastZero(nano: bigint): bigint {
  return nano > 0n ? nano : 0n;
}
