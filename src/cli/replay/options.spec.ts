import { describe, expect, it } from '@jest/globals';
import { readReplayOptions } from './options.js';

describe('readReplayOptions', () => {
  it('has a default for everything but the file', () => {
    expect(readReplayOptions(['trace.csv'], {})).toEqual({
      file: 'trace.csv',
      url: 'http://127.0.0.1:8000',
      login: null,
      auditLogin: null,
      keysPath: '.replay-keys.json',
      prefix: null,
      limit: Number.POSITIVE_INFINITY,
      speed: Number.POSITIVE_INFINITY,
      concurrency: 16,
      holdNano: null,
      budgetNano: null,
      model: null,
      windowHours: 24,
      run: '',
      json: false,
    });
  });

  it('takes address and passwords from the environment', () => {
    const env = { SUBSTRATE_URL: 'https://s.example/', SUBSTRATE_PASSWORD: 'p', SUBSTRATE_AUDIT_PASSWORD: 'q' };
    expect(readReplayOptions(['t', '--username', 'm', '--audit-username', 'a'], env)).toMatchObject({
      url: 'https://s.example',
      login: { username: 'm', password: 'p' },
      auditLogin: { username: 'a', password: 'q' },
    });
  });

  it('answers a call for help with nothing', () => {
    expect(readReplayOptions(['--help'], {})).toBeNull();
  });

  it.each([
    [[], /exactly one trace file/],
    [['a', 'b'], /exactly one trace file/],
    [['a', '--what'], /--what/],
    [['a', '--username', 'm'], /no password/],
    [['a', '--audit-username', 'm'], /SUBSTRATE_AUDIT_PASSWORD/],
    [['a', '--url', 'ftp://x'], /--url/],
    [['a', '--url', 'x'], /--url/],
    [['a', '--speed', '0'], /--speed/],
    [['a', '--speed', 'fast'], /--speed/],
    [['a', '--limit', '0'], /--limit/],
    [['a', '--limit', '1.5'], /--limit/],
    [['a', '--concurrency', '100000'], /--concurrency/],
    [['a', '--hold', '-1'], /--hold/],
    [['a', '--hold', '1e9'], /--hold/],
    [['a', '--budget', '0'], /--budget/],
    [['a', '--window-hours', 'x'], /--window-hours/],
    [['a', '--prefix', '-x'], /--prefix/],
    [['a', '--run', 'a b'], /--run/],
  ])('refuses %j', (args, message) => {
    expect(() => readReplayOptions(args, {})).toThrow(message);
  });
});
