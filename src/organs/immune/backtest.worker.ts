import { parentPort, workerData } from 'node:worker_threads';
import { createClient } from '../../platform/database/client.js';
import { Backtest, type Verdict } from './detection/backtest.js';
import type { Fact } from './detection/fact.js';
import { factsOf, type EventRow } from './detection/fact-reader.js';
import type { Policy } from './detection/policy.js';
import { eventsAfter, eventsOfTypes } from './event-reader.js';

/** What the thread is told: policies to try in place of those of the log (null: those), and on which events. */
export interface BacktestData {
  readonly url: string;
  readonly policies: readonly Policy[] | null;
  readonly fromId: number;
  readonly toId: number;
}

/** What the thread answers. */
export interface BacktestAnswer {
  readonly events: number;
  readonly verdict: Verdict;
}

/** Events that tell who is there, in what standing, below what, and by which policies: these count from the beginning. */
const STANDING_TYPES = [
  'substrate.genesis',
  'agents.register',
  'immune.set_policy',
  'immune.quarantine',
  'immune.release',
  'immune.terminate',
  'metabolism.create_scope',
  'metabolism.change_scope',
];

/** A thread that folds a part of the recorded log, once. */
const { url, policies, fromId, toId } = workerData as BacktestData;
const backtest = new Backtest(policies);
const client = createClient(url, 'audit');

/** Folds all that `read` finds, part by part; the next part is on its way while one is folded. */
async function fold(
  read: (after: number) => Promise<EventRow[]>,
  after: number,
  take: (fact: Fact) => void,
): Promise<number> {
  let events = 0;
  for (let reading = read(after); ;) {
    const part = await reading;
    const last = part.at(-1);
    if (!last) return events;
    reading = read(last.id);
    reading.catch(() => undefined);
    events += part.length;
    for (const event of part) for (const fact of factsOf(event)) take(fact);
  }
}

await client.connect();
try {
  const before = (after: number) => eventsOfTypes(client, STANDING_TYPES, after, fromId - 1);
  await fold(before, 0, (fact) => backtest.prepare(fact));
  const events = await fold(
    (after) => eventsAfter(client, after, toId),
    fromId - 1,
    (fact) => backtest.next(fact),
  );
  parentPort?.postMessage({ events, verdict: backtest.verdict() } satisfies BacktestAnswer);
} finally {
  await client.end();
}
