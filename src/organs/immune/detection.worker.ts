import { parentPort, workerData } from 'node:worker_threads';
import { DetectionTail } from './detection-tail.js';
import type { FromDetection, ToDetection } from './detection.messages.js';

/** The thread of the detectors: follows the log for as long as it holds the lock, and asks the server to record what it finds. */
const { url } = workerData as { readonly url: string };
const port = parentPort;
if (!port) throw new Error('this is a thread');

let recorded: ((all: boolean) => void) | null = null;
const tail = new DetectionTail(url, {
  record: (findings) =>
    new Promise((resolve) => {
      recorded = resolve;
      port.postMessage({ kind: 'found', findings } satisfies FromDetection);
    }),
  trouble: (error) => port.postMessage({ kind: 'trouble', detail: String(error) } satisfies FromDetection),
});

port.on('message', (message: ToDetection) => {
  switch (message.kind) {
    case 'recorded':
      recorded?.(message.all);
      recorded = null;
      return;
    case 'stop':
      tail.stop();
  }
});

await tail.follow();
port.close();
