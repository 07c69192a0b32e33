import type { JsonObject, JsonValue } from '../../../platform/json.js';
import { PRICED_KINDS } from './usage-kinds.js';

/** A price: a decimal, or one that depends on how many input tokens a call has. */
export type CardPrice = string | { readonly base: string; readonly tiers: readonly Tier[] };

/** Calls with more input tokens than `start` pay this price for all of their tokens. */
export interface Tier extends JsonObject {
  readonly start: number;
  readonly price: string;
}

/** Prices of one model in US dollars by price key, such as `input_mtok` for a million input tokens, as exact decimals. */
export type PriceCard = Readonly<Record<string, CardPrice>>;

/** A price is told to this many decimals at most: a token at a millionth of it is still exact. */
export const PRICE_DECIMALS = 12;
/** Tiers of one price. */
const TIERS_MAX = 10;

const PRICE = new RegExp(`^(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,${PRICE_DECIMALS}})?$`);

/** A fault in what a caller gave, with the JSON pointer of the member. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** What is wrong with a card that a caller gave; empty when it is one. */
export function cardFaults(card: JsonObject): Fault[] {
  const entries = Object.entries(card);
  if (entries.length === 0) return [{ pointer: '', detail: 'must have a price, such as input_mtok' }];
  const faults = entries.flatMap(([key, price]) => {
    if (!PRICED_KINDS.has(key)) return [{ pointer: `/${key}`, detail: 'is no price of a kind of usage' }];
    return priceFaults(price).map(({ pointer, detail }) => ({ pointer: `/${key}${pointer}`, detail }));
  });
  if (faults.length > 0) return faults;
  return missingWholes(card).map((key) => ({
    pointer: `/${key}`,
    detail: 'is needed beside the price of a part of it',
  }));
}

function priceFaults(price: JsonValue | undefined): Fault[] {
  const detail = `must be a decimal as a string, such as "2.5", below a billion with at most ${PRICE_DECIMALS} decimals`;
  if (typeof price === 'string') return PRICE.test(price) ? [] : [{ pointer: '', detail }];
  if (typeof price !== 'object' || price === null || Array.isArray(price)) return [{ pointer: '', detail }];
  const { base, tiers, ...rest } = price as JsonObject;
  if (typeof base !== 'string' || !PRICE.test(base)) return [{ pointer: '/base', detail }];
  const areTiers =
    Array.isArray(tiers) && tiers.length <= TIERS_MAX && tiers.every((tier) => isTier(tier as JsonValue));
  if (!areTiers) return [{ pointer: '/tiers', detail: 'must be a list of {start, price}' }];
  const [stranger] = Object.keys(rest);
  return stranger === undefined ? [] : [{ pointer: `/${stranger}`, detail: 'is not known' }];
}

function isTier(tier: JsonValue): boolean {
  if (typeof tier !== 'object' || tier === null || Array.isArray(tier)) return false;
  const { start, price, ...rest } = tier as JsonObject;
  const isStart = typeof start === 'number' && Number.isSafeInteger(start) && start >= 0;
  return isStart && typeof price === 'string' && PRICE.test(price) && Object.keys(rest).length === 0;
}

/** Tokens of a direction are a whole that its parts are taken out of: the whole needs a price where a part has one. */
function missingWholes(card: JsonObject): string[] {
  return ['input', 'output'].flatMap((direction) => {
    const whole = `${direction}_mtok`;
    const hasPart = Object.keys(card).some((key) => {
      const tags = PRICED_KINDS.get(key)?.tags;
      return key !== whole && tags?.has('tokens') && tags.has(direction);
    });
    return hasPart && card[whole] === undefined ? [whole] : [];
  });
}
