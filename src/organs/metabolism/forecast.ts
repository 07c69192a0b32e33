import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { NANO_PER_UNIT, numberOfNano } from '../../platform/decimal.js';
import { plusSeconds, secondsBetween, timestampOfPostgres, type Timestamp } from '../../platform/time.js';
import type { Limit } from './entities/limit.entity.js';
import type { Standing } from './limit.rules.js';
import { HOUR_SECONDS } from './period.js';

/** The present rate is that of the last hour: long enough for a mean, short enough to see a runaway. */
const LOOK_BACK_SECONDS = HOUR_SECONDS;
/** Over less than a minute, the finest sum that is kept, there is no rate. */
const LEAST_SECONDS = 60;
/** Beyond a century nothing runs out. */
const FAR_SECONDS = 100 * 365 * 24 * HOUR_SECONDS;

/** What is being spent, and when a limit will be used up at that rate. */
export interface Forecast {
  readonly rate_per_hour: number;
  /** Null: not before its window ends. */
  readonly runs_out_at: Timestamp | null;
}

/** Nano-units an hour by scope and unit. */
export type Rates = ReadonlyMap<string, bigint>;

/** Reads how fast scopes spend at present, from the sums that are kept by the minute. */
@Injectable()
export class ForecastReader {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** What these scopes spent in the last hour, an hour; since their first cost in it where that is shorter. */
  async ratesOf(scopeIds: readonly string[], now: Timestamp): Promise<Rates> {
    const rows = await this.database.query<{ scope_id: string; unit: string; total: string; first: string }[]>(
      `select scope_id, unit, sum(amount_nano)::text as total, min(bucket)::text as first
       from cost_rollups c join unnest($1::text[]) as s(scope_id) on c.scopes @> array[scope_id]
       where grain = 'minute' and bucket >= $2 and bucket <= $3 group by scope_id, unit`,
      [scopeIds, plusSeconds(now, -LOOK_BACK_SECONDS), now],
    );
    return new Map(
      rows.map(({ scope_id: scopeId, unit, total, first }) => {
        const seconds = Math.max(LEAST_SECONDS, Math.round(secondsBetween(timestampOfPostgres(first), now)));
        return [keyOf(scopeId, unit), (BigInt(total) * BigInt(HOUR_SECONDS)) / BigInt(seconds)];
      }),
    );
  }
}

/** When a limit is used up at the present rate. */
export function forecastOf(limit: Readonly<Limit>, { remaining }: Standing, rates: Rates, now: Timestamp): Forecast {
  const rate = rates.get(keyOf(limit.scope_id, limit.unit)) ?? 0n;
  return { rate_per_hour: numberOfNano(rate), runs_out_at: runsOutAt(limit, remaining, rate, now) };
}

function runsOutAt(limit: Readonly<Limit>, remaining: bigint, rate: bigint, now: Timestamp): Timestamp | null {
  if (remaining === 0n) return now;
  if (rate <= 0n) return null;
  const seconds = Number((remaining * BigInt(HOUR_SECONDS) * NANO_PER_UNIT) / rate) / Number(NANO_PER_UNIT);
  if (seconds > FAR_SECONDS) return null;
  const at = plusSeconds(now, seconds);
  const end = limit.period.kind === 'rolling' ? null : limit.window_end;
  return end !== null && at >= end ? null : at;
}

function keyOf(scopeId: string, unit: string): string {
  return `${scopeId} ${unit}`;
}
