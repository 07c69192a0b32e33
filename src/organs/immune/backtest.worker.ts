import { parentPort, workerData } from 'node:worker_threads';
import { createClient } from '../../platform/database/client.js';
import { Backtest, type Verdict } from './detection/backtest.js';
import { factsOf } from './detection/fact-reader.js';
import type { Policy } from './detection/policy.js';
import { eventsAfter } from './event-reader.js';

/** What the thread is told: policies to try in place of those of the log (null: those), and up to which event. */
export interface BacktestData {
  readonly url: string;
  readonly policies: readonly Policy[] | null;
  readonly toId: number;
}

/** What the thread answers. */
export interface BacktestAnswer {
  readonly events: number;
  readonly verdict: Verdict;
}

/** A thread that folds the recorded log from its first event, once. */
const { url, policies, toId } = workerData as BacktestData;
const client = createClient(url, 'audit');
await client.connect();
try {
  const backtest = new Backtest(policies);
  let events = 0;
  // The next events are on their way while these are folded.
  for (let reading = eventsAfter(client, 0, toId); ;) {
    const part = await reading;
    const last = part.at(-1);
    if (!last) break;
    reading = eventsAfter(client, last.id, toId);
    reading.catch(() => undefined);
    events += part.length;
    for (const event of part) for (const fact of factsOf(event)) backtest.next(fact);
  }
  parentPort?.postMessage({ events, verdict: backtest.verdict() } satisfies BacktestAnswer);
} finally {
  await client.end();
}
