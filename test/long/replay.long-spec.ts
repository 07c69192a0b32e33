import { AZURE, azureDollars, testReplays } from '../support/replays.js';

/** Calls in an hour. */
const CALLS = 19_366;

testReplays([
  {
    name: 'an hour of a cloud’s inference service',
    file: AZURE,
    options: [],
    nano: () => 26_450_535_000_000_000n,
    entries: CALLS,
  },
  {
    name: 'an hour of a cloud’s inference service, at the price of a model',
    file: AZURE,
    options: ['--model', 'openai/gpt-4o'],
    nano: () => azureDollars(CALLS, 2_500n, 10_000n),
    entries: CALLS,
  },
]);
