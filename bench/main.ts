import 'reflect-metadata';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { derivedTables } from '../src/event-log/table.js';
import { auditDatabase } from '../src/event-log/verification/audit-database.js';
import { auditIncrement, type GoodPoint } from '../src/event-log/verification/audit-increment.js';
import type { TileDepth } from '../src/event-log/verification/tile-checker.js';
import { verifyTiles } from '../src/event-log/verification/verify-tiles.js';
import { verifyDatabase, type VerificationOptions } from '../src/event-log/verification/verify-log.js';
import { createClient } from '../src/platform/database/client.js';
import { ACTION, BATCH, httpRun } from './http.js';
import { actUnchecked, AGENTS_WEIGHED, backtest, lagAtFullRate, weighMemories } from './immune.js';
import { writeMirror, type BenchMirror } from './mirror.js';
import { measured, type Figure } from './measure.js';
import {
  actInTwoUnits,
  chargeInBulk,
  chargeOnce,
  chargeOverHours,
  CHARGES,
  costsByHour,
  deepen,
  flatten,
  holdAndSettle,
  ledgerOf,
} from './metabolism.js';
import { soak, type MemorySample } from './soak.js';
import { openSpine, type SpineBench } from './spine.js';
import { openStage, operatorOf, registerAgents, startProcess, type BenchServer, type Stage } from './stage.js';

/** Events that the keys f to h stand on, and with --quick. */
const EVENTS = 1_000_000;
const EVENTS_QUICK = 50_000;

/** Between two looks at how far the ledger is filled. */
const FILL_SECONDS = 10;

const HELP = `npm run bench -- [--quick] [--part NAME] [--json]
npm run bench -- --soak MINUTES [--json]

Measures on an embedded PostgreSQL with fsync on; the load comes from the same machine. The whole takes some eight minutes.
  --quick         one short run each instead of the median of three, and a log of ${EVENTS_QUICK} events instead of ${EVENTS}
  --part NAME     spine, metabolism, http or immune alone
  --soak MINUTES  nothing but POST /actions at full rate for so long, with the server's memory every half minute
  --json          the figures as JSON on standard output, progress on standard error

  a             a bare Nest POST with the same middleware that validates the same body and does nothing, 64 connections
  b1 b64 b256   POST /api/v1/actions with so many connections
  c1 c64 c512   the spine without HTTP with so many commands in flight
  d512          the same spine forced to one command a transaction, 512 in flight
  e             POST /api/v1/actions/batch of ${BATCH}, 4 connections; the rate counts actions
  f64           the spine with 64 in flight, all on one budget
  h64           c64 again on a log of ${EVENTS} events
  g_hash g_full verification of that log: hashes and links; and every copied column, as GET /audit/verify does; in events
  g_audit       npm run verify --database on it: every event, column, row, guard and index; in events
  g_rows        the part of it that compares the rows of the tables; in rows
  t_chain t_full npm run verify --tiles on a mirror of it: hashes, links and tiles; and every event whole
  g_new         the self-audit of what h64 added to it; in events
  m_flat        the spine with 64 in flight, one limit each
  m_deep        the same below six levels of groups with three limits in two units each, in both units
  m_pairs       hold and settle, 32 in flight; in pairs
  m_charge m_more  one charge a command, 64 in flight, on an empty ledger and on one of ${EVENTS} rows
  m_bulk        charges in batches of ${CHARGES}, 4 in flight, one event each; in rows
  m_costs       totals by hour over that ledger
  s50           POST /actions with 50 connections, all on one budget
  p64           c64 without the tiles and checkpoints that are made meanwhile
  i_plain       c64 without the rows that the immune system's synchronous checks are judged on
  i_lag         c64 with the lag of the detectors in place of latencies: p50 and the largest
  i_backtest    a back-test of the default policies over that log; in events
  i_fold        the detectors alone, in memory, over ${AGENTS_WEIGHED} agents; in facts. Tells the megabytes that they take
`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    soak: { type: 'string' },
    part: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

const events = options.quick ? EVENTS_QUICK : EVENTS;

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
  f64: 'spine, 64 in flight on one budget',
  g_hash: `verify ${events} events: hashes and links`,
  g_full: `verify ${events} events: and every column`,
  g_audit: `audit ${events} events, and all rows`,
  g_rows: 'audit: rows compared with the log',
  g_new: 'audit of what is new',
  t_chain: 'verify a mirror: hashes, links, tiles',
  t_full: 'verify a mirror: every event whole',
  m_flat: 'spine, 64 in flight, one limit each',
  m_deep: 'spine, 64 in flight, 6 levels x 3 limits x 2 units',
  m_pairs: 'spine, hold and settle, 32 in flight',
  m_charge: 'spine, charges, 64 in flight, empty ledger',
  m_more: `spine, charges, 64 in flight, ${events} ledger rows`,
  m_bulk: `spine, charges in batches of ${CHARGES}`,
  m_costs: `costs by hour, ${events} ledger rows`,
  s50: 'POST /actions, 50 connections on one budget',
  p64: 'spine, 64 in flight, no tiles, no checkpoints',
  h64: `spine, 64 in flight, ${events} events there`,
  i_plain: 'spine, 64 in flight, no immune checks',
  i_lag: 'spine, 64 in flight; lag of detectors, p50 and largest',
  i_backtest: `back-test over ${events} events`,
  i_fold: `detectors over ${AGENTS_WEIGHED} agents (facts)`,
};

const figures: Record<string, Figure> = {};
/** What the memories of many agents take; null: not weighed. */
let megabytes: number | null = null;

async function measure(key: string, run: (seconds: number) => Promise<Figure>): Promise<void> {
  const [runs, seconds] = options.quick ? [1, 2] : [3, 5];
  process.stderr.write(`${key.padEnd(6)} ${TITLES[key]} ...`);
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
  const agents = await registerAgents(server, stage);
  for (const connections of [1, 64, 256]) {
    await measure(`b${connections}`, (seconds) =>
      httpRun(`${server.url}/api/v1/actions`, connections, seconds, ACTION, agents),
    );
  }
  await measure('s50', (seconds) => httpRun(`${server.url}/api/v1/actions`, 50, seconds, ACTION, agents.slice(0, 1)));
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
  await measure('i_plain', (seconds) => spine.run(64, seconds, { work: actUnchecked }));
  await measure('i_lag', (seconds) => lagAtFullRate(stage, spine, seconds));
  await measure('d512', (seconds) => spine.run(512, seconds, { batchCommandsMax: 1 }));
  await measure('f64', (seconds) => spine.run(64, seconds, { oneBudget: true }));
  await fill(spine);
  await settle(stage);
  const good = await goodPoint(stage);
  await measure('h64', (seconds) => spine.run(64, seconds));
  // Its tiles, checkpoints and self-audits end with it; its rules go on.
  await spine.close();
  await measure('p64', (seconds) => spine.run(64, seconds));
  await measure('i_backtest', () => backtest(stage));
  await measure('g_hash', () => verification(stage, 'chain'));
  await measure('g_full', () => verification(stage, 'full'));
  await measure('g_new', () => auditNew(stage, good));
  await auditWhole(stage);
  const mirror = await writeMirror(stage.postgres.url, join(stage.dataDir, 'mirror'));
  await measure('t_chain', () => mirrorVerification(mirror, 'chain'));
  await measure('t_full', () => mirrorVerification(mirror, 'full'));
}

/** The detectors alone; once. */
async function measureImmune(): Promise<void> {
  process.stderr.write(`i_fold ${TITLES['i_fold']} ...`);
  const weighed = weighMemories();
  megabytes = weighed.megabytes;
  figures['i_fold'] = { per_second: weighed.perSecond, p50_ms: null, p99_ms: null };
  process.stderr.write(` ${weighed.perSecond}/s, ${megabytes} MB\n`);
  return Promise.resolve();
}

/** Budgets in depth, on a ledger that grows to as many rows as the log of the other keys has events. */
async function measureMetabolism(stage: Stage): Promise<void> {
  const onServer = async <T>(work: (server: BenchServer) => Promise<T>): Promise<T> => {
    const server = await startProcess(stage, '../src/main.js', '/health');
    try {
      return await work(server);
    } finally {
      await server.stop();
    }
  };
  const agents = await onServer((server) => registerAgents(server, stage));
  const spine = await openSpine(stage);
  await measure('m_flat', (seconds) => spine.run(64, seconds));
  await measure('m_pairs', (seconds) => spine.run(32, seconds, { work: holdAndSettle }));
  await measure('m_charge', (seconds) => spine.run(64, seconds, { work: chargeOnce }));
  await measure('m_bulk', async (seconds) => inRows(await spine.run(4, seconds, { work: chargeInBulk })));
  await onServer(async (server) => deepen(await operatorOf(server, stage), agents));
  await measure('m_deep', (seconds) => spine.run(64, seconds, { work: actInTwoUnits }));
  await onServer(async (server) => flatten(await operatorOf(server, stage), agents));
  const { now } = await ledgerOf(stage);
  for (let { rows } = await ledgerOf(stage); rows < events; { rows } = await ledgerOf(stage)) {
    process.stderr.write(`${' '.repeat(7)}filling the ledger: ${rows} rows\n`);
    await spine.run(4, FILL_SECONDS, { work: chargeOverHours(now) });
  }
  await settle(stage);
  await measure('m_more', (seconds) => spine.run(64, seconds, { work: chargeOnce }));
  await measure('m_costs', (seconds) => costsByHour(spine, seconds));
  await spine.close();
}

function inRows(figure: Figure): Figure {
  return { ...figure, per_second: figure.per_second * CHARGES };
}

async function mirrorVerification({ dir, size }: BenchMirror, depth: TileDepth): Promise<Figure> {
  const started = performance.now();
  const { finding } = await verifyTiles(dir, { size, depth, anchors: { checkpoints: [], receipts: [], vkeys: [] } });
  if (finding) throw new Error(`the mirror does not verify: ${JSON.stringify(finding)}`);
  return rate(size, started);
}

/** The end of the log, as a self-audit would have left it. */
async function goodPoint(stage: Stage): Promise<GoodPoint> {
  const client = createClient(stage.postgres.url, 'audit');
  await client.connect();
  const { rows } = await client.query<GoodPoint>('select event_id as "eventId", hash, range from log_head');
  await client.end();
  if (!rows[0]) throw new Error('the log has no head');
  return rows[0];
}

async function auditNew(stage: Stage, from: GoodPoint): Promise<Figure> {
  const started = performance.now();
  const { findings, good } = await auditIncrement(stage.postgres.url, from, derivedTables());
  if (findings.length > 0) throw new Error(`the audit found ${JSON.stringify(findings[0])}`);
  return rate(good.eventId - from.eventId, started);
}

/** Once: it takes half a minute. */
async function auditWhole(stage: Stage): Promise<void> {
  process.stderr.write(`g_audit ${TITLES['g_audit']} ...`);
  const started = performance.now();
  let walked = started;
  const { findings, walk, rows } = await auditDatabase(stage.postgres.url, {
    tables: derivedTables(),
    anchors: { checkpoints: [], receipts: [], vkeys: [] },
    onProgress: ({ part }) => {
      if (part === 'events') walked = performance.now();
    },
  });
  if (findings.length > 0) throw new Error(`the audit found ${JSON.stringify(findings[0])}`);
  figures['g_audit'] = rate(walk.size, started);
  figures['g_rows'] = rate(rows, walked);
  process.stderr.write(` ${figures['g_audit'].per_second}/s, ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

function rate(count: number, started: number): Figure {
  const seconds = (performance.now() - started) / 1000;
  return { per_second: Math.round(count / seconds), p50_ms: null, p99_ms: null };
}

async function fill(spine: SpineBench): Promise<void> {
  let told = 0;
  await spine.fill(events, (id) => {
    const share = Math.floor((10 * id) / events);
    if (share <= told) return;
    told = share;
    process.stderr.write(`${' '.repeat(7)}filling the log: ${id} events\n`);
  });
}

/** What a fill of millions of rows leaves to do behind the scenes is done at once, not during the measurement. */
async function settle(stage: Stage): Promise<void> {
  const client = createClient(stage.postgres.url, 'migration');
  await client.connect();
  await client.query('vacuum (analyze)');
  await client.query('checkpoint');
  await client.end();
}

async function verification(stage: Stage, depth: NonNullable<VerificationOptions['depth']>): Promise<Figure> {
  const started = performance.now();
  const { valid, events_checked: checked } = await verifyDatabase(stage.postgres.url, { depth });
  if (!valid) throw new Error('the log does not verify');
  return rate(checked, started);
}

function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

function tableText(version: string): string {
  const table = new Table({ head: ['key', 'what', 'per second', 'p50 ms', 'p99 ms'], style: { head: [], border: [] } });
  for (const [key, title] of Object.entries(TITLES)) {
    const f = figures[key];
    if (f) table.push([key, title, f.per_second, f.p50_ms ?? '', f.p99_ms ?? '']);
  }
  const ratios = [
    'b64 / a',
    'c512 / d512',
    'f64 / c64',
    'h64 / c64',
    'h64 / p64',
    'c64 / i_plain',
    'm_deep / m_flat',
    'm_more / m_charge',
    's50 / a',
  ].flatMap((ratio) => {
    const [x, y] = ratio.split(' / ').map((key) => figures[key]?.per_second);
    return x === undefined || y === undefined ? [] : [`${ratio} = ${(x / y).toFixed(2)}`];
  });
  const weight = megabytes === null ? '' : `memories of ${AGENTS_WEIGHED} agents: ${megabytes} MB\n`;
  return `${machine()}, PostgreSQL ${version}\n${table.toString()}\n${ratios.join('   ')}\n${weight}`;
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP);
  if (options.soak !== undefined) return runSoak(Number(options.soak));
  let version = '';
  for (const measureAll of partsOf(options.part)) version = await onStage(measureAll);
  const inOrder = Object.fromEntries(Object.keys(TITLES).map((key) => [key, figures[key]]));
  const all = { machine: machine(), postgres: version, ...inOrder, memories_mb: megabytes };
  if (options.json) process.stdout.write(`${JSON.stringify(all)}\n`);
  else process.stdout.write(tableText(version));
}

function partsOf(part: string | undefined): ((stage: Stage) => Promise<void>)[] {
  const parts = { spine: measureSpine, metabolism: measureMetabolism, http: measureHttp, immune: measureImmune };
  if (part === undefined) return Object.values(parts);
  const asked = Object.entries(parts).filter(([name]) => name === part);
  if (asked.length === 0) throw new RangeError(`--part takes one of ${Object.keys(parts).join(', ')}`);
  return asked.map(([, measureAll]) => measureAll);
}

async function runSoak(minutes: number): Promise<void> {
  if (!(minutes > 0)) throw new RangeError('--soak takes a number of minutes');
  const row = ({ seconds, resident, heap }: MemorySample): string =>
    `${String(seconds).padStart(5)} s  resident ${resident} MiB  heap ${heap} MiB\n`;
  await onStage(async (stage) => {
    const found = await soak(stage, minutes, (sample) => process.stderr.write(row(sample)));
    if (options.json) process.stdout.write(`${JSON.stringify({ machine: machine(), soak: found })}\n`);
    else
      process.stdout.write(
        `${machine()}: ${found.per_second}/s, p99 ${found.p99_ms} ms\n${found.samples.map(row).join('')}`,
      );
  });
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
