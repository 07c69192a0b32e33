import { decimalOfNano } from '../../platform/decimal.js';
import type { Need, State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { JsonObject } from '../../platform/json.js';
import type { Timestamp } from '../../platform/time.js';
import type { Amount } from './amounts.js';
import type { Pricing } from './pricing.js';

/** What something costs: amounts by unit. */
export interface Cost {
  readonly amounts: readonly Amount[];
}

/** A cost of an action that says in which unit only where the action holds several. */
export interface RealCost {
  readonly amounts: readonly { readonly unit: string | undefined; readonly nano: bigint }[];
}

/** The amounts of a cost, and what one of them was reckoned from. */
export interface Reckoned {
  readonly amounts: readonly Amount[];
  readonly pricing: Pricing | null;
}

/** The rows that a cost is reckoned with. */
export function costNeeds(_cost: RealCost): Need[] {
  return [];
}

/** A cost as an event's payload has it. */
export function payloadOfCost({ amounts }: RealCost): JsonObject {
  const texts = amounts.map(({ unit, nano }) => ({ amount: decimalOfNano(nano), unit }));
  return texts.length === 1 ? { cost: texts[0] } : { costs: texts };
}

/** What a cost comes to, or why it cannot be told. */
export function reckoned(
  { amounts }: Cost,
  _how: 'worst case' | 'as used',
  _state: State,
  _at: Timestamp,
): Reckoned | { readonly problem: Problem } {
  return { amounts, pricing: null };
}
