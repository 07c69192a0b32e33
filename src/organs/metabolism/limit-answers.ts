import { numberOfNano } from '../../platform/decimal.js';
import type { LimitDto } from './dto/limit.dto.js';
import type { Limit } from './entities/limit.entity.js';
import type { Forecast } from './forecast.js';
import type { Standing } from './limit.rules.js';
import { HOUR_SECONDS, type Period } from './period.js';

/** A limit in an answer; a command's answer has no forecast. */
export function limitDto(limit: Readonly<Limit>, standing: Standing, forecast: Forecast | null = null): LimitDto {
  const { period } = limit;
  return {
    limit_id: limit.id,
    scope_id: limit.scope_id,
    unit: limit.unit,
    limit: numberOfNano(limit.limit_nano),
    window: windowOf(period),
    time_zone: period.kind === 'calendar' ? period.time_zone : null,
    rolling: period.kind === 'rolling',
    renews: period.kind !== 'single' && period.kind !== 'lifetime',
    window_start: limit.window_start,
    window_end: period.kind === 'rolling' ? null : limit.window_end,
    spent: numberOfNano(standing.spent),
    held: numberOfNano(standing.held),
    debt: numberOfNano(standing.debt),
    remaining: numberOfNano(standing.remaining),
    funded: numberOfNano(limit.funded_nano),
    carried: numberOfNano(limit.carried_nano),
    rate_per_hour: forecast?.rate_per_hour ?? null,
    runs_out_at: forecast?.runs_out_at ?? null,
  };
}

/** The name of a calendar window, `lifetime`, or hours. */
function windowOf(period: Period): string | number {
  switch (period.kind) {
    case 'calendar':
      return period.every;
    case 'lifetime':
      return 'lifetime';
    case 'repeating':
    case 'rolling':
    case 'single':
      return period.seconds / HOUR_SECONDS;
  }
}
