import { decimalOfNano, nanoOfDecimal, numberOfNano } from '../../platform/decimal.js';
import type { JsonObject } from '../../platform/json.js';

/** An amount in one unit, in nano-units. */
export interface Amount {
  readonly unit: string;
  readonly nano: bigint;
}

/** An amount as rows and events have it: an exact decimal. */
export interface AmountText extends JsonObject {
  readonly unit: string;
  readonly amount: string;
}

/** Amounts as rows and events have them. */
export function textOfAmounts(amounts: readonly Amount[]): AmountText[] {
  return amounts.map(({ unit, nano }) => ({ amount: decimalOfNano(nano), unit }));
}

/** The amounts that a row has. */
export function amountsOfText(texts: readonly AmountText[]): Amount[] {
  return texts.map(({ unit, amount }) => ({ unit, nano: nanoOfDecimal(amount) }));
}

/** Amounts as the JSON numbers of an answer. */
export function numbersOfAmounts(amounts: readonly Amount[]): { readonly unit: string; readonly amount: number }[] {
  return amounts.map(({ unit, nano }) => ({ amount: numberOfNano(nano), unit }));
}

/** The amount in a unit; 0 where there is none. */
export function nanoIn(amounts: readonly Amount[], unit: string): bigint {
  return amounts.find((a) => a.unit === unit)?.nano ?? 0n;
}
