import 'reflect-metadata';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { ACTION, BATCH, httpRun } from './http.js';
import { measured, type Figure } from './measure.js';
import { openSpine } from './spine.js';
import { openStage, registerAgents, startProcess, type BenchAgent, type Stage } from './stage.js';

const HELP = `npm run bench -- [--quick] [--json]

Measures on an embedded PostgreSQL with fsync on; the load comes from the same machine.
  --quick   one short run each instead of the median of three
  --json    the figures as JSON on standard output, progress on standard error

  a           a bare Nest POST with the same middleware that validates the same body and does nothing, 64 connections
  b1 b64 b256 POST /api/v1/actions with so many connections
  c1 c64 c512 the spine without HTTP with so many commands in flight
  d512        the same spine forced to one command a transaction, 512 in flight
  e           POST /api/v1/actions/batch of ${BATCH}, 4 connections; the rate counts actions
`;

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});

/** What each key measures, for the table. */
const TITLES: Readonly<Record<string, string>> = {
  a: 'bare Nest POST, 64 connections',
  b1: 'POST /actions, 1 connection',
  b64: 'POST /actions, 64 connections',
  b256: 'POST /actions, 256 connections',
  c1: 'spine, 1 in flight',
  c64: 'spine, 64 in flight',
  c512: 'spine, 512 in flight',
  d512: 'spine, one command a transaction, 512 in flight',
  e: `POST /actions/batch of ${BATCH}, 4 connections`,
};

const figures: Record<string, Figure> = {};

async function measure(key: string, run: (seconds: number) => Promise<Figure>): Promise<void> {
  const [runs, seconds] = options.quick ? [1, 2] : [3, 5];
  process.stderr.write(`${key.padEnd(5)} ${TITLES[key]} ...`);
  await run(1);
  const figure = await measured(runs, () => run(seconds));
  figures[key] = figure;
  process.stderr.write(` ${figure.per_second}/s\n`);
}

async function measureHttp(stage: Stage): Promise<void> {
  const bare = await startProcess(stage, './bare-server.js', '/health');
  await measure('a', (seconds) => httpRun(`${bare.url}/api/v1/actions`, 64, seconds, ACTION, []));
  await bare.stop();
  const server = await startProcess(stage, '../src/main.js', '/health');
  const agents: BenchAgent[] = await registerAgents(server, stage);
  for (const connections of [1, 64, 256]) {
    await measure(`b${connections}`, (seconds) =>
      httpRun(`${server.url}/api/v1/actions`, connections, seconds, ACTION, agents),
    );
  }
  const batch = { items: Array.from({ length: BATCH }, () => ACTION) };
  await measure('e', async (seconds) => {
    const figure = await httpRun(`${server.url}/api/v1/actions/batch`, 4, seconds, batch, agents);
    return { ...figure, per_second: figure.per_second * BATCH };
  });
  await server.stop();
}

async function measureSpine(stage: Stage): Promise<void> {
  const server = await startProcess(stage, '../src/main.js', '/health');
  await registerAgents(server, stage);
  await server.stop();
  const spine = await openSpine(stage);
  for (const inFlight of [1, 64, 512]) await measure(`c${inFlight}`, (seconds) => spine.run(inFlight, seconds));
  await measure('d512', (seconds) => spine.run(512, seconds, 1));
  await spine.close();
}

function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

function tableText(version: string): string {
  const table = new Table({ head: ['key', 'what', 'per second', 'p50 ms', 'p99 ms'], style: { head: [], border: [] } });
  for (const [key, title] of Object.entries(TITLES)) {
    const f = figures[key];
    if (f) table.push([key, title, f.per_second, f.p50_ms, f.p99_ms]);
  }
  const ratio = (x: string, y: string): string =>
    ((figures[x]?.per_second ?? 0) / (figures[y]?.per_second ?? 1)).toFixed(2);
  return `${machine()}, PostgreSQL ${version}\n${table.toString()}\nb64 / a = ${ratio('b64', 'a')}   c512 / d512 = ${ratio('c512', 'd512')}\n`;
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  const version = await onStage(measureSpine);
  await onStage(measureHttp);
  const inOrder = Object.fromEntries(Object.keys(TITLES).map((key) => [key, figures[key]]));
  if (options.json) process.stdout.write(`${JSON.stringify({ machine: machine(), postgres: version, ...inOrder })}\n`);
  else process.stdout.write(tableText(version));
}

/** Measures on a database of its own, so that no group of figures pays for the rows of another. Answers PostgreSQL's version. */
async function onStage(measureAll: (stage: Stage) => Promise<void>): Promise<string> {
  const stage = await openStage();
  try {
    await measureAll(stage);
    return stage.postgres.version;
  } finally {
    await stage.close();
  }
}

await main();
