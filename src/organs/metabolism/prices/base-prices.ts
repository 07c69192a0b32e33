import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { calcPrice } from '@pydantic/genai-prices';
import type { CardPrice, PriceCard } from './price-card.js';
import { PRICED_KINDS } from './usage-kinds.js';

/** A price card with the version that it is of. */
export interface VersionedCard {
  readonly version: string;
  readonly card: PriceCard;
  /** Audio that is shorter is billed as so many seconds. */
  readonly leastSeconds?: number;
}

/** Groq bills each request to its Whisper models at ten seconds or more. */
const GROQ_LEAST_SECONDS = 10;

/**
 * The price card of a model at a moment, from the prices that come with genai-prices; null when it knows none. Its amounts
 * are doubles, so only its cards are used: the shortest decimal of each price.
 */
export function basePrice(provider: string, model: string, at: Date): VersionedCard | null {
  const found = calcPrice({}, model, { providerId: provider, timestamp: at });
  if (!found) return null;
  const card: Record<string, CardPrice> = {};
  for (const [key, price] of Object.entries(found.model_price)) {
    if (price === undefined || !PRICED_KINDS.has(key)) continue;
    card[key] =
      typeof price === 'number'
        ? decimalOf(price)
        : {
            base: decimalOf(price.base),
            tiers: price.tiers.map((t) => ({ start: t.start, price: decimalOf(t.price) })),
          };
  }
  if (Object.keys(card).length === 0) return null;
  const isGroqWhisper = found.provider.id === 'groq' && found.model.id.startsWith('whisper-large-v3');
  return { version: BASE_VERSION, card, ...(isGroqWhisper ? { leastSeconds: GROQ_LEAST_SECONDS } : {}) };
}

/** The version of the base prices. */
export const BASE_VERSION = `genai-prices@${installedVersion()}`;

function installedVersion(): string {
  const file = join(dirname(createRequire(import.meta.url).resolve('@pydantic/genai-prices')), '../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The shortest decimal of a double (ECMAScript Number::toString), without an exponent. */
function decimalOf(price: number): string {
  const text = String(price);
  const [mantissa = '', exponent] = text.split('e-');
  if (exponent === undefined) return text;
  const digits = mantissa.replace('.', '');
  return `0.${digits.padStart(digits.length + Number(exponent) - 1, '0')}`;
}
