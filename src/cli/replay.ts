import { NANO_PER_UNIT } from '../platform/decimal.js';
import { terminal } from './terminal.js';
import { CliError, EXIT, type ExitCode } from './cli-error.js';
import { assembleCrew, type Crew } from './replay/crew.js';
import { readyAgent, type ReadyAgent, runKey } from './replay/fleet.js';
import { KeyFile } from './replay/key-file.js';
import { showProgress } from './progress.js';
import { readReplayOptions, REPLAY_HELP, type ReplayOptions } from './replay/options.js';
import { type Plan, planTrace } from './replay/plan.js';
import { makeReport, type Findings, type Report } from './replay/report.js';
import { printExportAdvice, printReport } from './replay/report-tables.js';
import { Runner } from './replay/runner.js';
import { Tally } from './replay/tally.js';
import { readTrace, type Trace } from './replay/trace-reader.js';
import { listenForStop, StoppedError } from './stop-signal.js';
import type { Verification } from './substrate-answers.js';
import { readLogKey, verifyLog } from './substrate-audit.js';
import { SubstrateClient } from './substrate-client.js';
import { SubstrateError, SubstrateUnreachable } from './substrate-error.js';
import { readLedgerTotals, readModelTotals } from './substrate-ledger.js';

/** At the first contact an absent server should be reported soon. */
const FIRST_ATTEMPTS = 3;

async function main(args: readonly string[]): Promise<ExitCode> {
  const options = readReplayOptions(args, process.env);
  if (options === null) {
    terminal.out(REPLAY_HELP);
    return EXIT.ok;
  }
  const trace = priced(await readTrace(options.file), options);
  const plan = planTrace(trace.events, options.limit);
  const stop = listenForStop('stopping after the requests in flight; once more to end at once');
  await new SubstrateClient({ url: options.url, attempts: FIRST_ATTEMPTS, stop }).health();
  const client = new SubstrateClient({ url: options.url, stop });
  const keys = await KeyFile.open(options.keysPath, client.url, await readLogKey(client));
  const crew = await assembleCrew(client, options, keys);
  const agents = await readyFleet(client, crew, keys, options, trace, plan);
  const report = await replay(client, crew, options, trace, plan, agents, stop);
  publish(report, crew, options);
  return report.ok ? EXIT.ok : EXIT.failed;
}

/** Budget of an agent whose usage is priced, in nano-dollars: more than the whole trace costs at today's dearest prices. */
const PRICED_BUDGET_NANO = 1_000n * NANO_PER_UNIT;

/** The trace with its calls' usage priced as that of a model, where one is named. @throws CliError where the trace has no usage */
function priced(trace: Trace, { model, holdNano }: ReplayOptions): Trace {
  if (model === null) return trace;
  if (!trace.format.hasUsage) throw new CliError(`--model: a trace of ${trace.format.name} says no usage to price`);
  if (holdNano !== null) throw new CliError('--hold and --model: usage is held at its price');
  return { ...trace, format: { ...trace.format, unit: 'usd', budgetNano: PRICED_BUDGET_NANO, priced: model } };
}

async function readyFleet(
  client: SubstrateClient,
  crew: Crew,
  keys: KeyFile,
  options: ReplayOptions,
  trace: Trace,
  plan: Plan,
): Promise<Map<string, ReadyAgent>> {
  const agents = new Map<string, ReadyAgent>();
  for (const { user } of plan.lanes) {
    agents.set(user, await readyAgent(client, crew.operator, keys, options, trace, user));
  }
  terminal.err(
    `${trace.path}: ${trace.rows} rows (${trace.format.name}), ${agents.size} agents ready at ${client.url}`,
  );
  return agents;
}

async function replay(
  client: SubstrateClient,
  crew: Crew,
  options: ReplayOptions,
  trace: Trace,
  plan: Plan,
  agents: ReadonlyMap<string, ReadyAgent>,
  stop: AbortSignal,
): Promise<Report> {
  const tally = new Tally();
  const total = plan.lanes.reduce((sum, lane) => sum + lane.steps.length, 0);
  const progress = showProgress({ total, done: () => tally.steps, words: () => wordsOf(tally) });
  const startedMs = performance.now();
  const terms = { format: trace.format, holdNano: options.holdNano, key: runKey(trace, options.run) };
  const end = await new Runner(client, terms, options, tally, stop).run(plan, agents);
  const seconds = (performance.now() - startedMs) / 1000;
  progress.end();
  const books =
    end.stopped || end.problem instanceof SubstrateUnreachable
      ? { ledger: null, models: null, verification: null, unverified: 'the run was cut short' }
      : { ...(await totalsOf(client, crew, trace.format.unit)), ...(await verify(client, crew)) };
  return makeReport({ trace, substrate: client.url, totals: plan.totals, tally, end, seconds, ...books });
}

function wordsOf(tally: Tally): string {
  const { authorized, denied, charged } = tally.counts();
  return `${authorized} authorized, ${denied} denied, ${charged} charged`;
}

/** Null when the ledger cannot be read: what was played is reported all the same. */
async function totalsOf(
  client: SubstrateClient,
  crew: Crew,
  unit: string,
): Promise<Pick<Findings, 'ledger' | 'models'>> {
  try {
    return {
      ledger: await readLedgerTotals(client, crew.operator, unit),
      models: await readModelTotals(client, crew.operator),
    };
  } catch (error) {
    terminal.err(`the ledger's totals cannot be read: ${refusalText(error)}`);
    return { ledger: null, models: null };
  }
}

async function verify(
  client: SubstrateClient,
  crew: Crew,
): Promise<{ verification: Verification | null; unverified: string | null }> {
  if (crew.auditor === null) {
    return { verification: null, unverified: `${crew.operator.username} may not verify it: give --audit-username` };
  }
  try {
    return { verification: await verifyLog(client, crew.auditor), unverified: null };
  } catch (error) {
    return { verification: null, unverified: refusalText(error) };
  }
}

function refusalText(error: unknown): string {
  if (error instanceof SubstrateError || error instanceof SubstrateUnreachable) return error.message;
  throw error;
}

function publish(report: Report, crew: Crew, options: ReplayOptions): void {
  if (options.json) {
    terminal.out(JSON.stringify(report, null, 2));
    return;
  }
  printReport(report);
  if (report.verification !== null && crew.auditor !== null) {
    printExportAdvice(options.url, crew.auditor.username, options.keysPath);
  }
}

function explain(error: unknown): ExitCode {
  if (error instanceof StoppedError) return EXIT.failed;
  if (error instanceof SubstrateUnreachable) {
    terminal.err(`${error.message}. Is the substrate running there? (--url, or npm start)`);
    return EXIT.unusable;
  }
  if (!(error instanceof CliError) && !(error instanceof SubstrateError)) throw error;
  terminal.err(error.message);
  return error instanceof CliError ? error.exitCode : EXIT.unusable;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
