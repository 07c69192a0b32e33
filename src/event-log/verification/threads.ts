import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

interface Waiting<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread, which answers in the order in which it is asked. */
class Thread<T> {
  readonly waiting: Waiting<T>[] = [];

  constructor(readonly worker: Worker) {
    worker.on('message', (answer: T) => this.waiting.shift()?.resolve(answer));
    worker.on('error', (error) => {
      for (const { reject } of this.waiting.splice(0)) reject(error);
    });
  }

  check(from: number, to: number): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.postMessage({ from, to });
    });
  }
}

/** Threads that check ranges: each says one word when it is ready, then answers `{from, to}`. */
export class Threads<T> {
  private constructor(private readonly threads: readonly Thread<T>[]) {}

  /** @throws Error when a thread cannot start its work */
  static async start<T>(file: URL, workerData: object, count: number): Promise<Threads<T>> {
    const workers = Array.from({ length: count }, () => new Worker(file, { workerData }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    return new Threads(workers.map((worker) => new Thread<T>(worker)));
  }

  /** Checks a range on the thread that has least to do. */
  check(from: number, to: number): Promise<T> {
    const [thread] = this.threads.toSorted((a, b) => a.waiting.length - b.waiting.length);
    if (!thread) throw new RangeError('there is no thread');
    return thread.check(from, to);
  }

  /** Ends the threads; they only read. */
  async close(): Promise<void> {
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }
}

/** What checks ranges: threads, or this one. */
export interface Checking<T> {
  check(from: number, to: number): Promise<T>;
}

/** The answers for consecutive ranges in their order; `ahead` of them are on their way at the same time. */
export async function* inOrder<T>(
  pool: Checking<T>,
  { first, last, step, ahead }: { first: number; last: number; step: number; ahead: number },
): AsyncGenerator<T> {
  const waiting: Promise<T>[] = [];
  for (let from = first; from <= last || waiting.length > 0;) {
    while (from <= last && waiting.length < ahead) {
      const answer = pool.check(from, Math.min(from + step - 1, last));
      // Heard of when its turn comes.
      answer.catch(() => undefined);
      waiting.push(answer);
      from += step;
    }
    const next = await waiting.shift();
    if (next !== undefined) yield next;
  }
}
