import { rm } from 'node:fs/promises';

/** Ends the run's PostgreSQL. */
export default async function tearDown() {
  const run = globalThis.echoTestRun;
  if (!run) return;
  globalThis.echoTestRun = undefined;
  await run.cluster.stop();
  await rm(run.dataDir, { recursive: true, force: true });
}
