import type { Timestamp } from '../../platform/time.js';
import type { Books } from './books.js';
import type { ScopeDto } from './dto/scope.dto.js';
import type { Limit } from './entities/limit.entity.js';
import type { Scope } from './entities/scope.entity.js';
import { forecastOf, type Rates } from './forecast.js';
import { limitDto } from './limit-answers.js';
import { standingOf } from './limit.rules.js';
import { THRESHOLDS_DEFAULT } from './scopes.js';

/** A scope and its limits in an answer. */
export function scopeAnswer(
  scope: Readonly<Scope>,
  limits: readonly Readonly<Limit>[],
  books: Books,
  now: Timestamp,
  rates: Rates | null = null,
): Omit<ScopeDto, 'event'> {
  return {
    scope_id: scope.id,
    kind: scope.kind,
    name: scope.name,
    parent_id: scope.parent_id,
    thresholds: [...(scope.thresholds ?? THRESHOLDS_DEFAULT)],
    limits: limits.map((limit) => {
      const standing = standingOf(limit, books.sumsOf(scope.id, limit.unit), now);
      return limitDto(limit, standing, rates && forecastOf(limit, standing, rates, now));
    }),
  };
}
