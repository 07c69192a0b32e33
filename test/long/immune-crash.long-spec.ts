import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createClient } from '../../src/platform/database/client.js';
import { Api, type TestAgent } from '../support/api.js';
import { auditFiles } from '../support/checker.js';
import { COMMIT, CrashPoint } from '../support/crash-point.js';
import { differences, foldExport, readTables } from '../support/fold.js';
import { walkLog } from '../support/log-check.js';
import { runCli } from '../support/run-cli.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** The advisory lock of the job that tells overdue confirmations: while the test has it, no command comes in between. */
const STOP_LOCK = 1_763_900_014;
/** Every command on every table that it writes, with a server started again each time. */
const CRASH_MS = 300_000;

/** What no command writes: jobs and requests keep books there beside the log, at any time. */
const BESIDE_THE_LOG = [
  'agent_presence',
  'audit_runs',
  'checkpoint_sinks',
  'checkpoints',
  'cosignatures',
  'immune_progress',
  'immune_series',
  'log_tiles',
  'replica_pulse',
  'sessions',
  'throttles',
];

/** An agent with a child on each side and one below a child: what is below it by name, and all of it. */
interface Family {
  readonly prefix: string;
  readonly top: TestAgent;
}

type Verb = 'quarantine' | 'release' | 'terminate';

interface Order {
  readonly path: string;
  readonly body: object;
  readonly key: string;
}

let database: TestDatabase;
let environment: NodeJS.ProcessEnv;
let server: ServerProcess;
let api: Api;
let client: pg.Client;
let point: CrashPoint;
let arbiter: string;
let group: string;
let families = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  environment = testEnvironment(database.url);
  server = await startProcess(environment);
  api = new Api(server.url);
  arbiter = await api.as('arbiter');
  await api.as('auditor');
  const limits = [
    { limit: 100_000, window: 'hour', rolling: true },
    { limit: 100_000, window: 'day' },
  ];
  const made = await api.post('/metabolism/scopes', await api.as('operator'), { name: 'team', limits }).expect(201);
  group = (made.body as { scope_id: string }).scope_id;
  client = createClient(database.url, 'migration');
  await client.connect();
  await client.query('select pg_advisory_lock($1)', [STOP_LOCK]);
  point = await CrashPoint.install(client);
});

afterAll(async () => {
  await server.stop();
  await client.end();
  await database.drop();
});

/** Four agents on three levels; each with two keys, two actions that are begun, and one that waits. */
async function newFamily(): Promise<Family> {
  families += 1;
  const prefix = `f${families}x`;
  const operator = await api.as('operator');
  const below: Record<string, string | undefined> = { top: undefined, left: 'top', right: 'top', leaf: 'left' };
  let top: TestAgent | null = null;
  for (const [name, above] of Object.entries(below)) {
    const agent = await api.registerAgent(`${prefix}-${name}`, {
      budget: 50,
      ...(above === undefined ? {} : { parent: `${prefix}-${above}` }),
    });
    await api.patch(`/metabolism/scopes/agent:${agent.id}`, operator, { parent_id: group }).expect(200);
    await api.post(`/agents/${agent.id}/keys`, operator, { grace_seconds: 600 }).expect(200);
    const act = async (amount: number, deferred: boolean): Promise<string> => {
      const answer = await api
        .post('/actions', agent.key, { action_type: 'x', cost: { amount }, deferred })
        .expect(201);
      return (answer.body as { action_id: string }).action_id;
    };
    await act(1, false);
    await act(2, true);
    await api.post(`/actions/${await act(4, true)}/begin`, agent.key).expect(200);
    top ??= agent;
  }
  if (!top) throw new Error('a family has a top');
  return { prefix, top };
}

function orderOf(verb: Verb, { top }: Family): Order {
  const body = { agent_id: top.id, reason: `a ${verb}` };
  return {
    path: `/immune/${verb}`,
    body: verb === 'release' ? { ...body, probation: { share: 0.5, seconds: 600 } } : body,
    key: randomUUID(),
  };
}

const send = ({ path, body, key }: Order) => api.post(path, arbiter, body).set('Idempotency-Key', key);

/** A family that is about to get this order. */
async function readyFor(verb: Verb): Promise<Family> {
  const family = await newFamily();
  if (verb === 'release') await send(orderOf('quarantine', family)).expect(200);
  // One of those that are ended is isolated already.
  const isolated = { agent_id: `${family.prefix}-right`, reason: 'its own fault' };
  if (verb === 'terminate') await api.post('/immune/quarantine', arbiter, isolated).expect(200);
  return family;
}

async function startAgain(): Promise<void> {
  server = await startProcess(environment);
  api = api.at(server.url);
}

async function killServer(): Promise<void> {
  const gone = new Promise((resolve) => server.child.once('exit', resolve));
  server.child.kill('SIGKILL');
  await gone;
}

/** A digest of every table that commands write, the log and its head among them. */
async function digest(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const table of point.all.filter((name) => !BESIDE_THE_LOG.includes(name))) {
    const { rows } = await client.query<{ md5: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '') as md5 from "${table}" t`,
    );
    digests[table] = rows[0]?.md5 ?? '';
  }
  return digests;
}

/** All rows about a family and all events of an order, without ids and times: equal for two families that the same befell. */
async function shape({ prefix }: Family, from: number): Promise<string[]> {
  const rows: string[] = [];
  for (const [table, members] of await readTables(database.url)) {
    for (const row of members.values()) if (row.includes(`${prefix}-`)) rows.push(`${table} ${row}`);
  }
  const { rows: events } = await client.query<{ body: string }>(
    'select body from event_log where id > $1 order by id',
    [from],
  );
  const told = events.map(({ body }) => {
    const { type, outcome, actor, subject, caused_by: cause, payload, effects } = JSON.parse(body) as EventBody;
    // What the groups above bear depends on the families before.
    const own = effects.filter((effect) => JSON.stringify(effect).includes(`${prefix}-`));
    // A cause before the order is the quarantine that is lifted.
    const by = cause === null ? null : Math.max(0, cause - from);
    return JSON.stringify([type, outcome, actor, subject, by, payload, own]);
  });
  const plain = (text: string): string =>
    text
      .replaceAll(`${prefix}-`, '')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replaceAll(/"es_[\w-]+"/g, '"KEY"')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/"(\w*event_id)":\d+/g, '"$1":N')
      .replaceAll(/"evidence":\[\d+\]/g, '"evidence":[N]');
  return [...rows.map(plain).toSorted(), ...told.map(plain)];
}

interface EventBody {
  readonly type: string;
  readonly outcome: string;
  readonly actor: object;
  readonly subject: object;
  readonly caused_by: number | null;
  readonly payload: object;
  readonly effects: readonly object[];
}

/** How an order leaves a family, one line for each agent: what must be, whatever the code does. */
const LEFT: Readonly<Record<Verb, readonly string[]>> = {
  quarantine: ['leaf', 'left', 'right', 'top'].map(
    (name) =>
      `${name} quarantined, 1 key, 2 authorized 1 void, 1 quarantine in force, told quarantine, held 5 booked 0`,
  ),
  release: ['leaf', 'left', 'right', 'top'].map(
    (name) => `${name} active, 1 key, 2 authorized 1 void, 0 quarantine in force, told quarantine, held 5 booked 0`,
  ),
  terminate: ['leaf', 'left', 'right', 'top'].map(
    (name) =>
      `${name} terminated, 0 key, 2 expired 1 void, 0 quarantine in force, ` +
      `told ${name === 'right' ? 'quarantine terminate' : 'terminate'}, held 0 booked 5`,
  ),
};

async function left({ prefix }: Family): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `select format('%s %s, %s key, %s, %s quarantine in force, told %s, held %s booked %s',
       replace(a.agent_id, $1 || '-', ''), status,
       (select count(*) from agent_keys k where k.agent_id = a.agent_id
        and (expires_at is null or expires_at > clock_timestamp())),
       (select string_agg(n || ' ' || s, ' ' order by s) from
         (select count(*) n, status s from holds h where h.agent_id = a.agent_id group by status) each),
       (select count(*) from quarantined_agents q where q.agent_id = a.agent_id and released_at is null),
       (select string_agg(kind, ' ' order by requested_at) from stop_orders o where o.agent_id = a.agent_id),
       balances -> 'usd' ->> 'held', balances -> 'usd' ->> 'booked') as line
     from agents a join accounts on scope_id = 'agent:' || agent_id where agent_id like $1 || '-%' order by 1`,
    [prefix],
  );
  return rows.map((row) => row.line);
}

async function headId(): Promise<number> {
  const { rows } = await client.query<{ event_id: number }>('select event_id from log_head');
  return rows[0]?.event_id ?? 0;
}

/** The log verifies, the tables are the fold of its export, and the doctor is content. */
async function expectSound(): Promise<void> {
  await walkLog(database.url);
  const { export: ndjson } = await auditFiles(server.url, await api.as('auditor'));
  expect(differences(foldExport(ndjson), await readTables(database.url))).toEqual([]);
  const { status, stdout } = await runCli('doctor', ['--database', database.url]);
  if (status !== 0) throw new Error(stdout);
}

/** The tables that each order must be known to write; that it writes others is found out. */
const WRITES: Readonly<Record<Verb, readonly string[]>> = {
  quarantine: ['accounts', 'agent_keys', 'agents', 'holds', 'quarantined_agents', 'stop_orders'],
  release: ['agents', 'quarantined_agents'],
  terminate: [
    'accounts',
    'agent_keys',
    'agents',
    'cost_ledger',
    'cost_rollups',
    'holds',
    'quarantined_agents',
    'stop_orders',
  ],
};

describe.each(Object.entries(WRITES) as [Verb, readonly string[]][])('%s', (verb, known) => {
  it(
    'is there whole or not at all, wherever it is cut off',
    async () => {
      const started = performance.now();
      const untouched = await readyFor(verb);
      await point.forget();
      let before = await headId();
      await send(orderOf(verb, untouched)).expect(200);
      const whole = await shape(untouched, before);
      expect(await left(untouched)).toEqual(LEFT[verb]);
      const tables = await point.written();
      expect(tables).toEqual(
        expect.arrayContaining([...known, 'event_log', 'log_head', 'idempotency_records', COMMIT]),
      );

      for (const table of tables) {
        const family = await readyFor(verb);
        const order = orderOf(verb, family);
        const intact = await digest();
        before = await headId();
        await point.arm(table);
        const lost = send(order).then(
          (answer) => answer.status,
          () => 'no answer',
        );
        const backend = await point.reached();
        await killServer();
        await point.terminate(backend);
        expect(await lost).toBe('no answer');
        await point.untilSpineIsGone();
        await point.disarm();
        expect({ table, rows: await digest() }).toEqual({ table, rows: intact });

        await startAgain();
        expect({ table, rows: await digest() }).toEqual({ table, rows: intact });
        await send(order).expect(200);
        expect({ table, rows: await shape(family, before) }).toEqual({ table, rows: whole });
        await walkLog(database.url);
      }
      await expectSound();
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stderr.write(
        `${verb}: cut off at each of ${tables.length} points in ${seconds} s: ${tables.join(', ')}\n`,
      );
    },
    CRASH_MS,
  );

  it('is there whole and once when only its answer was lost', async () => {
    const untouched = await readyFor(verb);
    let before = await headId();
    await send(orderOf(verb, untouched)).expect(200);
    const whole = await shape(untouched, before);
    const family = await readyFor(verb);
    const order = orderOf(verb, family);
    before = await headId();
    await point.arm(COMMIT);
    const lost = send(order).then(
      (answer) => answer.status,
      () => 'no answer',
    );
    await point.reached();
    await killServer();
    expect(await lost).toBe('no answer');
    await point.untilSpineIsGone();
    await point.disarm();
    expect(await shape(family, before)).toEqual(whole);

    expect(await left(family)).toEqual(LEFT[verb]);
    const committed = await digest();
    await startAgain();
    const again = await send(order).expect(200);
    expect((again.body as { event: { id: number } }).event.id).toBe(before + 1);
    expect(await digest()).toEqual(committed);
    await expectSound();
  });
});
