import { parentPort, workerData } from 'node:worker_threads';
import { TileChecker, type TileDepth } from './tile-checker.js';

/** What a worker is told when it starts. */
export interface TileWorkerData {
  readonly dir: string;
  readonly depth: TileDepth;
  /** Events of the log. */
  readonly size: number;
}

/** A thread that checks tiles of a mirror. */
const { dir, depth, size } = workerData as TileWorkerData;
const checker = new TileChecker(dir, depth);

let last = Promise.resolve();
parentPort?.on('message', ({ from, to }: { from: number; to: number }) => {
  // One after the other: answers are taken in the order of the questions. A failure ends the thread, and whoever waits hears of it.
  last = last.then(async () => parentPort?.postMessage(await checker.check(from, to, size)));
});
parentPort?.postMessage('ready');
