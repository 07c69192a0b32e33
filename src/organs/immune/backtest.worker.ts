import { parentPort, workerData } from 'node:worker_threads';
import { createClient } from '../../platform/database/client.js';
import { Backtest } from './detection/backtest.js';
import { factsOf } from './detection/fact-reader.js';
import type { Policy } from './detection/policy.js';
import { eventsAfter } from './event-reader.js';

/** What the thread is told: policies to try in place of those of the log (null: those), and up to which event. */
export interface BacktestData {
  readonly url: string;
  readonly policies: readonly Policy[] | null;
  readonly fromId: number;
  readonly toId: number;
}

/** A thread that folds the recorded log with other policies, once, and answers what would have been. */
const { url, policies, fromId, toId } = workerData as BacktestData;
const client = createClient(url, 'audit');
await client.connect();
try {
  const backtest = new Backtest(policies);
  let events = 0;
  for (let after = fromId - 1; ; ) {
    const part = await eventsAfter(client, after, toId);
    for (const event of part) for (const fact of factsOf(event)) backtest.fold(fact);
    events += part.length;
    const last = part.at(-1);
    if (!last) break;
    after = last.id;
  }
  parentPort?.postMessage({ events, verdict: backtest.verdict() });
} finally {
  await client.end();
}
