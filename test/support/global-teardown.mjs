/** Ends the run's PostgreSQL, or takes from a given one what the run put there. */
export default async function tearDown() {
  const run = globalThis.echoTestRun;
  globalThis.echoTestRun = undefined;
  await run?.end();
}
