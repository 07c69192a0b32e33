import { describe, expect, it } from '@jest/globals';
import { isRetryableStatus, retryDelayMs } from './retry-policy.js';

describe('retry policy', () => {
  it('tries again only what was not decided', () => {
    expect([429, 503].every(isRetryableStatus)).toBe(true);
    expect([200, 400, 401, 402, 403, 404, 409, 422, 500].some(isRetryableStatus)).toBe(false);
  });

  it('does as the server asks, within reason', () => {
    expect(retryDelayMs(1, 3, 0)).toBe(3000);
    expect(retryDelayMs(1, 0, 0)).toBe(0);
    expect(retryDelayMs(1, 86_400, 0)).toBe(65_000);
  });

  it('doubles up to a bound, with some chance', () => {
    expect(retryDelayMs(1, null, 0)).toBe(100);
    expect(retryDelayMs(2, null, 0)).toBe(200);
    expect(retryDelayMs(2, null, 0.5)).toBe(300);
    expect(retryDelayMs(30, null, 0)).toBe(5000);
  });
});
