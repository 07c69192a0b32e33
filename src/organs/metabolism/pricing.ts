import { need, type Need, type State } from '../../event-log/working-set.js';
import type { Problem } from '../../platform/errors/problem.js';
import type { Timestamp } from '../../platform/time.js';
import { priceUnknown, unpriceable } from './metabolism.errors.js';
import type { Pricing } from './priced-usage.js';
import { basePrice, priceOf, type Counts, type PriceCard, type VersionedCard } from './prices/index.js';
import { PRICES } from './tables.js';

/** Stands for every model of which nobody knows a price: its own price is the declared worst case. */
export const ANY_MODEL = '*';
/** A cost is below a billion units. */
const COST_BELOW_NANO = 10n ** 18n;

/** What a model was used for. */
export interface Usage {
  readonly provider: string;
  readonly model: string;
  readonly counts: Counts;
  /** Of a hold: the most that the answer may have. */
  readonly maxOutputTokens?: number;
}

/** An amount of nano-dollars and what it was reckoned from. */
export interface Priced {
  readonly nano: bigint;
  readonly pricing: Pricing;
}

/** How own prices name a model. */
export function modelKey(provider: string, model: string): string {
  return provider === ANY_MODEL ? ANY_MODEL : `${provider}/${model}`.toLowerCase();
}

/** The own prices that a usage may be priced by. */
export function priceNeeds({ provider, model }: Pick<Usage, 'provider' | 'model'>): Need[] {
  return [need(PRICES, [modelKey(provider, model), ANY_MODEL], 'model')];
}

/**
 * What a usage costs by the price in force at a moment: the own price of the model, else its base price, else the own
 * worst case for unknown models. Without any of them it is refused, and never zero.
 * @param how a hold takes the most that the answer may have, whatever was used counts as it was
 */
export function priced(
  usage: Usage,
  how: 'worst case' | 'as used',
  state: State,
  at: Timestamp,
): Priced | { readonly problem: Problem } {
  const found = cardFor(usage, state, at);
  if (!found) return { problem: priceUnknown(usage.provider, usage.model) };
  const most = how === 'worst case' ? usage.maxOutputTokens : undefined;
  const counts = most === undefined ? usage.counts : { ...usage.counts, output_tokens: most };
  const price = priceOf(billed(counts, found.leastSeconds ?? 0), found.card);
  if ('fault' in price) return { problem: unpriceable(price.fault.code, price.fault.detail) };
  if (price.nano >= COST_BELOW_NANO) return { problem: unpriceable('COST_TOO_LARGE', 'a cost is below a billion') };
  const { provider, model } = usage;
  return { nano: price.nano, pricing: { price: found.version, provider, model, usage: counts } };
}

/** Counts as a provider bills them: audio of a few seconds as more. */
function billed(counts: Counts, leastSeconds: number): Counts {
  const entries = Object.entries(counts).map(([kind, count]) => {
    const isShort = kind.endsWith('_seconds') && count > 0 && count < leastSeconds;
    return [kind, isShort ? leastSeconds : count] as const;
  });
  return leastSeconds === 0 ? counts : Object.fromEntries(entries);
}

function cardFor({ provider, model }: Usage, state: State, at: Timestamp): VersionedCard | null {
  return (
    ownCard(modelKey(provider, model), state, at) ??
    basePrice(provider, model, new Date(at)) ??
    ownCard(ANY_MODEL, state, at)
  );
}

/** The own price of the latest beginning that is not after the moment; of several, the one given last. */
function ownCard(key: string, state: State, at: Timestamp): VersionedCard | null {
  const rows = state.find(PRICES, 'model', key).filter((row) => row.valid_from <= at);
  const latest = rows
    .toSorted((a, b) =>
      a.valid_from === b.valid_from ? a.event_id - b.event_id : a.valid_from < b.valid_from ? -1 : 1,
    )
    .at(-1);
  return latest ? { version: `own:${latest.id}`, card: latest.card as PriceCard } : null;
}
