import { describe, expect, it } from '@jest/globals';
import { apiKeyHash, apiKeyPrefix, isApiKey, newApiKey } from './api-key.js';

describe('an API key', () => {
  it('is new each time and known by its form', () => {
    const keys = new Set(Array.from({ length: 100 }, newApiKey));
    expect(keys.size).toBe(100);
    for (const key of keys) {
      expect(isApiKey(key)).toBe(true);
      expect(key.startsWith(apiKeyPrefix(key))).toBe(true);
      expect(apiKeyHash(key)).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('is refused with any one character changed, cut or added, before any query', () => {
    const key = newApiKey();
    for (let i = 0; i < key.length; i += 1) {
      const other = key[i] === 'A' ? 'B' : 'A';
      expect(isApiKey(key.slice(0, i) + other + key.slice(i + 1))).toBe(false);
    }
    for (const text of [key.slice(1), key.slice(0, -1), `${key}A`, '', 'es_', ` ${key}`])
      expect(isApiKey(text)).toBe(false);
  });
});
