import { AIDER, AZURE, azureDollars, testReplays } from '../support/replays.js';

/** Calls of the longer trace that are played here; all of it is played by `npm run test:long`. */
const CALLS = 2_000;

testReplays([
  {
    name: 'the usage of a real coding agent',
    file: AIDER,
    options: [],
    nano: () => 75_619_557_446n,
    entries: 2_669,
  },
  {
    name: 'minutes of a cloud’s inference service, at the price of a model',
    file: AZURE,
    options: ['--limit', String(CALLS), '--model', 'openai/gpt-4o'],
    // 2.5 and 10 dollars a million tokens.
    nano: () => azureDollars(CALLS, 2_500n, 10_000n),
    entries: CALLS,
  },
]);
