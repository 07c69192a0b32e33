import { AZURE, azureDollars, testReplays } from '../support/replays.js';

/** Calls that are played here; whole traces are played by `npm run test:long`. */
const CALLS = 2_000;

testReplays([
  {
    name: 'minutes of a cloud’s inference service, at the price of a model',
    file: AZURE,
    options: ['--limit', String(CALLS), '--model', 'openai/gpt-4o'],
    // 2.5 and 10 dollars a million tokens.
    nano: () => azureDollars(CALLS, 2_500n, 10_000n),
    entries: CALLS,
  },
]);
