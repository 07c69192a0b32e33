import { describe, expect, it } from '@jest/globals';
import { readProblem, readRetryAfter } from './substrate-error.js';

describe('readProblem', () => {
  it('takes code, detail and the members named from a problem document', () => {
    const text = JSON.stringify({
      code: 'PLATFORM.INVALID',
      detail: 'the body is not valid',
      request_id: 'r1',
      errors: [{ pointer: '/cost/amount', detail: 'has ten decimals' }],
    });
    expect(readProblem(400, new Headers(), text)).toMatchObject({
      status: 400,
      code: 'PLATFORM.INVALID',
      detail: 'the body is not valid; /cost/amount has ten decimals',
      retry_after: null,
      request_id: 'r1',
    });
  });

  it('still says something when a proxy answers in HTML', () => {
    const problem = readProblem(502, new Headers({ 'retry-after': '7' }), '<h1>Bad gateway</h1>');
    expect(problem).toMatchObject({ code: 'HTTP.502', detail: '<h1>Bad gateway</h1>', retry_after: 7 });
  });

  it('names the address of a redirect', () => {
    const problem = readProblem(308, new Headers({ location: 'https://substrate.example/' }), '');
    expect(problem.detail).toContain('https://substrate.example/');
  });
});

describe('readRetryAfter', () => {
  it('reads seconds and dates', () => {
    expect(readRetryAfter('120', 0)).toBe(120);
    expect(readRetryAfter('Thu, 01 Jan 1970 00:00:30 GMT', 10_000)).toBe(20);
    expect(readRetryAfter('Thu, 01 Jan 1970 00:00:30 GMT', 90_000)).toBe(0);
  });

  it('stays quiet on nonsense', () => {
    expect(readRetryAfter(null, 0)).toBeNull();
    expect(readRetryAfter('soon', 0)).toBeNull();
  });
});
