import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../../../platform/json.js';
import { basePrice, BASE_VERSION, cardFaults, priceOf, usageOfBody, type Counts, type PriceCard } from './index.js';

const nanoOf = (counts: Counts, card: PriceCard): bigint => {
  const price = priceOf(counts, card);
  if ('fault' in price) throw new Error(price.fault.detail);
  return price.nano;
};
const faultOf = (counts: Counts, card: PriceCard): string | null => {
  const price = priceOf(counts, card);
  return 'fault' in price ? price.fault.code : null;
};

describe('the price of a usage', () => {
  const card = { input_mtok: '2.5', cache_read_mtok: '1.25', cache_write_mtok: '3', output_mtok: '10' };

  it.each([
    [{ input_tokens: 1 }, card, 2_500n],
    [{ input_tokens: 1_000, output_tokens: 100 }, card, 3_500_000n],
    [{ input_tokens: 1_000, cache_read_tokens: 400, output_tokens: 0 }, card, 2_000_000n],
    [{ input_tokens: 1_000, cache_read_tokens: 400, cache_write_tokens: 600 }, card, 2_300_000n],
    [{ output_tokens: 7, output_reasoning_tokens: 5 }, card, 70_000n],
    [{ input_tokens: 100, input_audio_tokens: 30 }, { input_mtok: '1', input_audio_mtok: '40' }, 1_270_000n],
    [{ web_searches: 3 }, { ...card, web_searches_kcount: '10' }, 30_000_000n],
    [{ input_audio_seconds: 1.5 }, { input_audio_hours: '0.36' }, 150_000n],
    [{ input_tokens: 5 }, { input_mtok: '0', requests_kcount: '5' }, 5_000_000n],
    [{ input_tokens: 5 }, { input_mtok: '0' }, 0n],
  ])('of %j at %j is %p nano-dollars', (counts, prices, nano) => {
    expect(nanoOf(counts, prices)).toBe(nano);
  });

  it.each([
    // Half a nano-dollar goes to the even side, anything else to the nearer one.
    ['0.0005', 1, 0n],
    ['0.0005', 3, 2n],
    ['0.0005', 5, 2n],
    ['0.000500000001', 1, 1n],
    ['0.000499999999', 1, 0n],
    ['0.0001', 5, 0n],
    ['0.0001', 16, 2n],
  ])('at %s a million tokens is rounded once: %p cost %p', (input_mtok, input_tokens, nano) => {
    expect(nanoOf({ input_tokens }, { input_mtok })).toBe(nano);
  });

  it('depends on the length of the input where the price does', () => {
    const tiered = { input_mtok: { base: '3', tiers: [{ start: 200_000, price: '6' }] }, output_mtok: '15' };
    expect(nanoOf({ input_tokens: 200_000 }, tiered)).toBe(600_000_000n);
    expect(nanoOf({ input_tokens: 200_001 }, tiered)).toBe(1_200_006_000n);
  });

  it.each([
    [{ web_searches: 1 }, 'KIND_UNPRICED'],
    [{ input_tokens: 5, output_tokens: 1, social_searches: 1 }, 'KIND_UNPRICED'],
    [{ input_tokens: 5, cache_read_tokens: 6 }, 'USAGE_INCONSISTENT'],
    [{ cache_read_tokens: 6 }, 'USAGE_INCONSISTENT'],
    [{ input_tokens: 5, cache_read_tokens: 3, cache_write_tokens: 3 }, 'USAGE_INCONSISTENT'],
  ])('of %j is refused: %s', (counts, code) => {
    expect(faultOf(counts, card)).toBe(code);
  });

  it('is the sum of its parts, exactly', () => {
    const count = fc.integer({ min: 0, max: 5_000_000 });
    const price = fc.bigInt({ min: 0n, max: 10n ** 15n });
    const textOf = (atoms: bigint): string =>
      `${atoms / 10n ** 12n}.${(atoms % 10n ** 12n).toString().padStart(12, '0')}`;
    fc.assert(
      fc.property(count, count, count, price, price, price, (plain, cached, output, a, b, c) => {
        const prices = { input_mtok: textOf(a), cache_read_mtok: textOf(b), output_mtok: textOf(c) };
        const counts = { input_tokens: plain + cached, cache_read_tokens: cached, output_tokens: output };
        const atoms = BigInt(plain) * a + BigInt(cached) * b + BigInt(output) * c;
        const nano = nanoOf(counts, prices) * 10n ** 9n;
        expect(nano - atoms <= 5n * 10n ** 8n && atoms - nano <= 5n * 10n ** 8n).toBe(true);
      }),
    );
  });
});

describe('base prices', () => {
  it('are exact decimals with the version they are of', () => {
    const found = basePrice('openai', 'gpt-4o', new Date('2026-08-21'));
    expect(found).toMatchObject({ card: { input_mtok: '2.5', cache_read_mtok: '1.25', output_mtok: '10' } });
    expect(found?.version).toBe(BASE_VERSION);
    expect(BASE_VERSION).toMatch(/^genai-prices@\d+\.\d+\.\d+$/);
  });

  it('do not know what nobody knows', () => {
    expect(basePrice('openai', 'no-such-model', new Date())).toBeNull();
    expect(basePrice('no-such-provider', 'gpt-4o', new Date())).toBeNull();
  });
});

describe('an own card', () => {
  it.each([
    [{}, ''],
    [{ input_mtok: 2.5 }, '/input_mtok'],
    [{ input_mtok: '-1' }, '/input_mtok'],
    [{ input_mtok: '1e3' }, '/input_mtok'],
    [{ input_mtok: null }, '/input_mtok'],
    [{ input_mtok: '0.0000000000001' }, '/input_mtok'],
    [{ gold: '1' }, '/gold'],
    [{ cache_read_mtok: '1' }, '/input_mtok'],
    [{ input_mtok: { base: '1', tiers: [{ start: -1, price: '2' }] } }, '/input_mtok/tiers'],
    [{ input_mtok: { base: '1', tiers: [], more: 1 } }, '/input_mtok/more'],
  ])('%j has a fault at %p', (card, pointer) => {
    expect(cardFaults(card as JsonObject)[0]?.pointer).toBe(pointer);
  });

  it('may have tiers', () => {
    expect(cardFaults({ input_mtok: { base: '1', tiers: [{ start: 5, price: '2' }] }, output_mtok: '3' })).toEqual([]);
  });
});

describe('a provider’s own answer', () => {
  const read = (provider: string, body: JsonObject) => usageOfBody({ provider, body });

  it('tells model and usage', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } };
    expect(read('openai', { model: 'gpt-4o', usage })).toEqual({
      model: 'gpt-4o',
      counts: { input_tokens: 10, cache_read_tokens: 4, output_tokens: 2 },
    });
  });

  it('of another company’s model is read in the form that reads all of it', () => {
    const usage = { input_tokens: 3, cache_read_input_tokens: 1_000, cache_creation_input_tokens: 0, output_tokens: 9 };
    expect(read('azure', { model: 'claude-sonnet-4-5', usage })).toMatchObject({
      counts: { input_tokens: 1_003, cache_read_tokens: 1_000, output_tokens: 9 },
    });
  });

  it.each([
    [{ model: 'gpt-4o', choices: [] }, 'USAGE_MISSING'],
    [{ model: 'gpt-4o', usage: null }, 'USAGE_MISSING'],
    [{ model: 'gpt-4o', usage: {} }, 'BODY_UNREADABLE'],
    [{ model: 'gpt-4o', usage: { prompt_tokens: 'many', completion_tokens: 1 } }, 'BODY_UNREADABLE'],
    [{ usage: { prompt_tokens: 1, completion_tokens: 1 } }, 'MODEL_MISSING'],
  ])('%j tells nothing: %s', (body, code) => {
    expect(read('openai', body)).toMatchObject({ fault: { code } });
  });

  it('of an unknown provider is refused', () => {
    expect(read('nobody', { model: 'm', usage: {} })).toMatchObject({ fault: { code: 'BODY_UNREADABLE' } });
  });
});

/** Real answers, with what another implementation reads from them and the prices of a day. */
const BODIES = resolve('../shared/data/usage-bodies/usages_a.json.gz');
const on = existsSync(BODIES) ? it : it.skip;

interface Recorded {
  readonly body: JsonObject;
  readonly model: string | null;
  readonly extracted: readonly {
    readonly usage: Counts;
    readonly extractors: readonly {
      readonly provider_id: string;
      readonly api_flavor: string;
      readonly input_price?: string;
      readonly output_price?: string;
    }[];
  }[];
}

describe('real answers of providers', () => {
  on('are all priced, or refused by name; to the nano-dollar where prices are those of the day', () => {
    const recorded = JSON.parse(gunzipSync(readFileSync(BODIES)).toString('utf8')) as Recorded[];
    // The day whose prices the recordings expect.
    const at = new Date('2025-11-30T12:00:00Z');
    const told = { equal: 0, changed: 0, unknown: 0 };
    const refused: Record<string, number> = {};
    for (const { body, model, extracted } of recorded) {
      for (const { usage, extractors } of extracted) {
        for (const {
          provider_id: provider,
          api_flavor: apiFlavor,
          input_price: input,
          output_price: output,
        } of extractors) {
          const read = usageOfBody({ provider, apiFlavor, body, ...(model === null ? {} : { model }) });
          if ('fault' in read) {
            refused[read.fault.code] = (refused[read.fault.code] ?? 0) + 1;
            continue;
          }
          expect(read.counts).toMatchObject(usage);
          const base = basePrice(provider, read.model, at);
          if (!base) {
            told.unknown += 1;
            continue;
          }
          const price = priceOf(read.counts, base.card);
          if ('fault' in price) {
            refused[price.fault.code] = (refused[price.fault.code] ?? 0) + 1;
            continue;
          }
          // The library reckons in doubles: our exact amount is within its rounding.
          const floats = calcPrice(read.counts, read.model, { providerId: provider, timestamp: at });
          expect(Math.abs(Number(price.nano) - (floats?.total_price ?? NaN) * 1e9)).toBeLessThan(0.5 + 1e-3);
          const isSame = input !== undefined && output !== undefined && near(price.nano, input, output);
          told[isSame ? 'equal' : 'changed'] += 1;
        }
      }
    }
    // Bedrock's answers name no model; the request has to.
    expect(refused).toEqual({ MODEL_MISSING: 190 });
    expect(told.equal).toBeGreaterThanOrEqual(1_860);
    // Models that had no price then, a price that was corrected since, and cache writes that are read since.
    expect(told.changed).toBeLessThanOrEqual(25);
  });
});

/** Whether an amount is the rounded sum of two decimals of dollars. */
function near(nano: bigint, ...dollars: string[]): boolean {
  const atoms = dollars.reduce((sum, text) => {
    const [, whole = '0', decimals = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:E(-\d+))?$/.exec(text) ?? [];
    return sum + (BigInt(whole + decimals) * 10n ** 15n) / 10n ** BigInt(decimals.length - Number(exponent));
  }, 0n);
  const difference = atoms - nano * 10n ** 6n;
  return difference >= -500_000n && difference <= 500_000n;
}
