import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CheckedRange } from './range-checker.js';
import type { RangeWorkerData } from './range-worker.js';

interface Waiting {
  readonly resolve: (range: CheckedRange) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread, which answers in the order in which it is asked. */
class RangeThread {
  readonly waiting: Waiting[] = [];

  constructor(readonly worker: Worker) {
    worker.on('message', (range: CheckedRange) => this.waiting.shift()?.resolve(range));
    worker.on('error', (error) => {
      for (const { reject } of this.waiting.splice(0)) reject(error);
    });
  }

  check(from: number, to: number): Promise<CheckedRange> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.postMessage({ from, to });
    });
  }
}

/** Threads that check ranges of the log, each on a connection of its own in the same snapshot. */
export class RangeThreads {
  private constructor(private readonly threads: readonly RangeThread[]) {}

  /** @throws Error when a thread cannot reach the database */
  static async start(source: RangeWorkerData, count: number): Promise<RangeThreads> {
    const workers = Array.from({ length: count }, () => {
      return new Worker(new URL('./range-worker.js', import.meta.url), { workerData: source });
    });
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new RangeThreads(workers.map((worker) => new RangeThread(worker)));
  }

  /** Checks a range on the thread that has least to do. */
  check(from: number, to: number): Promise<CheckedRange> {
    const [thread] = this.threads.toSorted((a, b) => a.waiting.length - b.waiting.length);
    if (!thread) throw new RangeError('there is no thread');
    return thread.check(from, to);
  }

  /** Ends the threads; their connections only read. */
  async close(): Promise<void> {
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }
}
