import type { JsonObject } from '../../platform/json.js';

/** What an amount was reckoned from: the usage by kind, and which version of which price. */
export interface Pricing extends JsonObject {
  /** Version of the price, such as `genai-prices@0.1.8` or `own:<id>`. */
  readonly price: string;
  /** Provider and model as asked for. */
  readonly provider: string;
  readonly model: string;
  /** Counts by kind, such as `input_tokens`. */
  readonly usage: Readonly<Record<string, number>>;
}

/** The unit that prices are in. */
export const PRICED_UNIT = 'usd';
