import { decimalOfNano } from '../../platform/decimal.js';
import type { Limit } from './entities/limit.entity.js';
import { standingOf, type Moment, type Sums } from './limit.rules.js';
import { firstSpan, type Period } from './period.js';

/** A fresh single window. Open holds carry over; the debt of the window before is paid from this one first. */
export function granted(
  before: Readonly<Limit> | null,
  grant: { id: string; scopeId: string; unit: string; total: bigint; seconds: number },
  sums: Sums,
  moment: Moment,
): Limit {
  const { now } = moment;
  const carried = before ? standingOf(before, sums, now).debt : 0n;
  const period: Period = { kind: 'single', seconds: grant.seconds };
  const fresh = newLimit({ ...grant, period }, sums, moment);
  const limit = {
    ...fresh,
    id: before?.id ?? fresh.id,
    base_nano: sums.booked - carried,
    carried_nano: carried,
  };
  return { ...limit, in_debt: standingOf(limit, sums, now).debt > 0n };
}

/** A limit in its first window. It bears what is booked from now on; what is held counts from the start. */
export function newLimit(
  given: { id: string; scopeId: string; unit: string; total: bigint; period: Period },
  sums: Sums,
  { now, eventId }: Moment,
): Limit {
  const span = firstSpan(given.period, now);
  return {
    id: given.id,
    scope_id: given.scopeId,
    unit: given.unit,
    limit_nano: given.total,
    period: given.period,
    window_start: span.start,
    window_end: span.end,
    since_event_id: eventId,
    base_nano: sums.booked,
    carried_nano: 0n,
    forgiven_nano: 0n,
    funded_nano: 0n,
    funded_until: null,
    marks: given.period.kind === 'rolling' ? [[span.start, decimalOfNano(sums.booked), eventId]] : null,
    told: 0,
    told_at: null,
    in_debt: false,
  };
}
