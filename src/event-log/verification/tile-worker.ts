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

parentPort?.on('message', ({ from, to }: { from: number; to: number }) => {
  // A failure ends the thread, and whoever waits hears of it.
  void checker.check(from, to, size).then((checked) => parentPort?.postMessage(checked));
});
parentPort?.postMessage('ready');
