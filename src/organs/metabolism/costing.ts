import { decimalOfNano } from '../../platform/decimal.js';
import type { Need, State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { JsonObject } from '../../platform/json.js';
import type { Timestamp } from '../../platform/time.js';
import type { Amount } from './amounts.js';
import { unpriceable } from './metabolism.errors.js';
import { PRICED_UNIT, type Pricing } from './priced-usage.js';
import { priced, priceNeeds, type Usage } from './pricing.js';

/** Usage that a provider's answer tells, or why it tells none. */
export type ClaimedUsage = Usage | { readonly fault: { readonly code: string; readonly detail: string } };

/** What something costs: amounts by unit, and usage that is priced in dollars. */
export interface Cost {
  readonly amounts: readonly Amount[];
  readonly usage?: ClaimedUsage;
}

/** A cost of an action that says in which unit only where the action holds several. */
export interface RealCost extends Omit<Cost, 'amounts'> {
  readonly amounts: readonly { readonly unit: string | undefined; readonly nano: bigint }[];
}

/** The amounts of a cost, and what one of them was reckoned from. */
export interface Reckoned {
  readonly amounts: readonly Amount[];
  readonly pricing: Pricing | null;
}

/** The rows that a cost is reckoned with. */
export function costNeeds({ usage }: Pick<Cost, 'usage'>): Need[] {
  return usage && !('fault' in usage) ? priceNeeds(usage) : [];
}

/** A cost as an event's payload has it. */
export function payloadOfCost({ amounts, usage }: RealCost): JsonObject {
  const texts = amounts.map(({ unit, nano }) => ({ amount: decimalOfNano(nano), unit }));
  return {
    ...(texts.length === 0 ? {} : texts.length === 1 ? { cost: texts[0] } : { costs: texts }),
    ...(usage ? { usage: payloadOfUsage(usage) } : {}),
  };
}

function payloadOfUsage(usage: ClaimedUsage): JsonObject {
  if ('fault' in usage) return { fault: usage.fault.code };
  const { provider, model, counts, maxOutputTokens: most } = usage;
  return { provider, model, ...counts, ...(most === undefined ? {} : { max_output_tokens: most }) };
}

/**
 * What a cost comes to, or why it cannot be told.
 * @param how a hold takes the most that an answer may have
 * @param at the moment whose prices count
 */
export function reckoned(
  { amounts, usage }: Cost,
  how: 'worst case' | 'as used',
  state: State,
  at: Timestamp,
): Reckoned | { readonly problem: Problem } {
  if (!usage) return { amounts, pricing: null };
  if ('fault' in usage) return { problem: unpriceable(usage.fault.code, usage.fault.detail) };
  const price = priced(usage, how, state, at);
  if ('problem' in price) return price;
  return { amounts: [{ unit: PRICED_UNIT, nano: price.nano }, ...amounts], pricing: price.pricing };
}
