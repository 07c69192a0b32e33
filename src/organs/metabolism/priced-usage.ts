import type { JsonObject } from '../../platform/json.js';

/** The unit that prices are in. */
export const PRICED_UNIT = 'usd';

/** What an amount was reckoned from: the usage by kind, and which version of which price. */
export interface Pricing extends JsonObject {
  /** Version of the price, such as `genai-prices@0.1.8` or `own:<id>`. */
  readonly price: string;
  readonly provider: string;
  readonly model: string;
  /** Counts by kind, such as `input_tokens`. */
  readonly usage: Readonly<Record<string, number>>;
}
