import { parentPort, workerData } from 'node:worker_threads';
import { createClient } from '../../platform/database/client.js';
import { GovernedTable } from '../table.js';
import { RowDigest } from './fold.js';
import { RowReader, type RowSource } from './row-reader.js';
import { joinSnapshot } from './snapshot.js';

/** A thread that reads rows of one table, in the snapshot that it is told. */
const { url, snapshot, salt, table } = workerData as RowSource;
const client = createClient(url, 'audit');
await client.connect();
await joinSnapshot(client, snapshot);
const reader = new RowReader(client, new GovernedTable(table), new RowDigest(salt));

let last = Promise.resolve();
parentPort?.on('message', ({ from, to }: { from: number; to: number }) => {
  // One after the other, as the connection is. A failure ends the thread, and whoever waits hears of it.
  last = last.then(async () => parentPort?.postMessage(await reader.check(from, to)));
});
parentPort?.postMessage('ready');
