import { once } from 'node:events';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { DEMO_HELP, type DemoOptions, readDemoOptions } from './demo/options.js';
import { playAppeal } from './demo/appeal.js';
import { FLEET, PAYER, RUNAWAY } from './demo/fleet-roster.js';
import { terminalNarrator } from './demo/narrator.js';
import { playRunaway } from './demo/runaway.js';
import { Scene } from './demo/scene.js';
import { writeScenario } from './demo/scenario.js';
import { type ServerProcess, startServer } from './demo/server-process.js';
import { Show } from './demo/show.js';
import { setStage } from './demo/stage.js';
import { printInvitation, printSummary, type Summary, summarize } from './demo/summary.js';
import { listenForStop, StoppedError } from './stop-signal.js';
import { SubstrateClient } from './substrate-client.js';
import { SubstrateError, SubstrateUnreachable } from './substrate-error.js';
import { randomPassword } from './substrate-people.js';
import { terminal } from './terminal.js';

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = readDemoOptions(args);
  if (options === null) {
    terminal.out(DEMO_HELP);
    return EXIT.ok;
  }
  const stop = listenForStop('stopping the server; once more to leave at once');
  const maintainer = { username: 'maintainer', password: randomPassword() };
  terminal.err('starting a substrate on a fresh embedded database ...');
  const server = await startServer(maintainer, options.port, stop);
  try {
    const summary = await perform(server, maintainer, options, stop);
    if (options.wait && !stop.aborted) {
      await Promise.race([once(stop, 'abort'), server.ended]);
      if (!stop.aborted) throw new CliError(`the server has ended by itself; see ${server.logFile}`, EXIT.failed);
    }
    return summary.verification.valid ? EXIT.ok : EXIT.failed;
  } finally {
    await server.stop();
  }
}

async function perform(
  server: ServerProcess,
  maintainer: { username: string; password: string },
  options: DemoOptions,
  stop: AbortSignal,
): Promise<Summary> {
  terminal.err(`up at ${server.url}, log in ${server.logFile}`);
  const client = new SubstrateClient({ url: server.url, stop });
  const stage = await setStage(client, maintainer);
  terminal.err(`${Object.keys(stage.people).length} users and ${FLEET.length} agents with budgets are ready`);
  const narrator = terminalNarrator();
  const show = new Show(client, stage, narrator);
  const moments = writeScenario(FLEET, options.seed);
  await show.play(moments, stop);
  const endMs = moments.at(-1)?.atMs ?? 0;
  const scene = new Scene(client, stage, narrator, endMs, show.performanceOf(RUNAWAY), stop);
  const runaway = await playRunaway(scene);
  const appeal = await playAppeal(scene, show.performanceOf(PAYER));
  const summary = await summarize(client, server, stage, show, { runaway, appeal });
  if (options.json) {
    terminal.out(JSON.stringify(summary, null, 2));
  } else {
    printSummary(summary);
    if (options.wait) printInvitation(summary);
  }
  return summary;
}

function explain(error: unknown): ExitCode {
  if (error instanceof StoppedError) return EXIT.failed;
  const isExpected =
    error instanceof CliError || error instanceof SubstrateError || error instanceof SubstrateUnreachable;
  if (!isExpected) throw error;
  terminal.err(error.message);
  return error instanceof CliError ? error.exitCode : EXIT.failed;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
