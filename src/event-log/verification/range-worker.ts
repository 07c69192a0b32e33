import { parentPort, workerData } from 'node:worker_threads';
import { createClient } from '../../platform/database/client.js';
import { joinSnapshot } from './snapshot.js';
import { RangeChecker } from './range-checker.js';

/** What a worker is told when it starts. */
export interface RangeWorkerData {
  readonly url: string;
  readonly snapshot: string;
  readonly salt: string;
}

/** A thread that checks ranges of the log, in the snapshot that it is told. */
const { url, snapshot, salt } = workerData as RangeWorkerData;
const client = createClient(url, 'audit');
await client.connect();
await joinSnapshot(client, snapshot);
const checker = new RangeChecker(client, salt);

let last = Promise.resolve();
parentPort?.on('message', ({ from, to }: { from: number; to: number }) => {
  // One after the other, as the connection is. A failure ends the thread, and whoever waits hears of it.
  last = last.then(async () => parentPort?.postMessage(await checker.check(from, to)));
});
parentPort?.postMessage('ready');
