import { nanoOfDecimal } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';
import { plusSeconds, type Timestamp } from '../../platform/time.js';
import type { Limit } from './entities/limit.entity.js';
import type { Standing } from './limit.rules.js';

/** What a limit was given beyond itself for one action; the amount is an exact decimal. */
export interface Funding extends JsonObject {
  readonly scope_id: string;
  readonly limit_id: string;
  readonly unit: string;
  readonly amount: string;
}

/** When and by which event a limit was funded. */
export interface FundedAt {
  readonly at: Timestamp;
  readonly eventId: number;
}

/** What a limit lacks for an amount to fit, its debt included; 0 where it fits. */
export function shortfall({ total, spent, held, debt }: Standing, asked: bigint): bigint {
  const lacking = asked + held + spent + debt - total;
  return lacking > 0n ? lacking : 0n;
}

/**
 * What of a funding goes back when its action has ended: as much as the action did not spend of its hold. Nothing where
 * the window that was funded is over, since the funding ended with it.
 */
export function takenBack(
  limit: Readonly<Limit>,
  { amount }: Funding,
  unused: bigint,
  given: FundedAt,
  now: Timestamp,
): bigint {
  if (!isStillThere(limit, given, now)) return 0n;
  const most = [nanoOfDecimal(amount), unused, limit.funded_nano].reduce((least, nano) =>
    nano < least ? nano : least,
  );
  return most > 0n ? most : 0n;
}

/** Of a rolling window only within its length: later what was funded may have left it already. */
function isStillThere({ period, since_event_id: since }: Readonly<Limit>, given: FundedAt, now: Timestamp): boolean {
  if (period.kind === 'rolling') return now < plusSeconds(given.at, period.seconds);
  return since <= given.eventId;
}
