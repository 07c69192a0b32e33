import { AIDER, AZURE, azureDollars, testReplays } from '../support/replays.js';

/** Calls in an hour. */
const CALLS = 19_366;

testReplays([
  {
    name: 'the usage of a real coding agent',
    file: AIDER,
    options: [],
    nano: () => 75_619_557_446n,
    entries: 2_669,
  },
  {
    name: 'an hour of a cloud’s inference service, at the price of a model',
    file: AZURE,
    options: ['--model', 'openai/gpt-4o'],
    nano: () => azureDollars(CALLS, 2_500n, 10_000n),
    entries: CALLS,
  },
]);
