import { rm } from 'node:fs/promises';
import { SERVER_URL } from './test-database.js';

/** Ends the run's PostgreSQL. */
export default async function tearDown(): Promise<void> {
  const run = globalThis.echoTestRun;
  if (!run) return;
  globalThis.echoTestRun = undefined;
  delete process.env[SERVER_URL];
  await run.cluster.stop();
  await rm(run.dataDir, { recursive: true, force: true });
}
