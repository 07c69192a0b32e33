import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { roleNames } from '../../src/platform/database/roles.js';
import { createClient } from '../../src/platform/database/client.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { Api, type TestAgent } from '../support/api.js';
import { runCli } from '../support/run-cli.js';
import { startProcess, type ServerProcess } from '../support/server-process.js';
import { testEnvironment } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const PASSWORD = 'of-a-test';

let database: TestDatabase;
let server: ServerProcess;
let api: Api;
let agent: TestAgent;
let auditor: string;
let urls: { readonly writer: string; readonly auditor: string };

/** A database whose server may write only what it must, and whose auditor may only read. */
beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
  expect((await migrate(database.url)).withoutRoles).toBeNull();
  const name = new URL(database.url.replace('@/', '@localhost/')).pathname.slice(1);
  const roles = roleNames(name);
  await asSuperuser(
    `create role ${name}_w login password '${PASSWORD}' in role "${roles.writer}";
     create role ${name}_a login password '${PASSWORD}' in role "${roles.auditor}"`,
  );
  const as = (user: string): string => database.url.replace(/\/\/[^@]*@/, `//${user}:${PASSWORD}@`);
  urls = { writer: as(`${name}_w`), auditor: as(`${name}_a`) };
  server = await startProcess({
    ...testEnvironment(urls.writer),
    SELF_AUDIT_SECONDS: '1',
    FULL_AUDIT_SECONDS: '2',
  });
  api = new Api(server.url);
  agent = await api.registerAgent('busy', { budget: 100 });
  auditor = await api.as('auditor');
  await act();
});

afterAll(async () => {
  await server.stop();
  const names = Object.values(urls).map((url) => /\/\/([^:]+):/.exec(url)?.[1] ?? '');
  const name = names[0]?.slice(0, -2) ?? '';
  await database.drop();
  const client = new pg.Client({ connectionString: database.url.replace(name, 'postgres') });
  await client.connect();
  for (const role of [...names, ...Object.values(roleNames(name))]) await client.query(`drop role "${role}"`);
  await client.end();
});

const act = () => api.post('/actions', agent.key, { action_type: 'x', cost: { amount: 0.5 } }).expect(201);

async function asSuperuser(text: string): Promise<void> {
  const client = createClient(database.url, 'migration');
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

interface Status {
  readonly audits: readonly { kind: string; event_id: number; findings: number }[];
  readonly findings: readonly { id: string; kind: string; place: string; cleared_at: string | null }[];
}

const status = async (): Promise<Status> => (await api.get('/audit/status', auditor).expect(200)).body as Status;

async function until(what: string, holds: (now: Status) => boolean): Promise<Status> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    const now = await status();
    if (holds(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not happen: ${JSON.stringify(await status())} ${server.output()}`);
}

const health = async () => (await api.get('/health')).body as { audit: { status: string; findings: number } };
const state = async () =>
  ((await api.get('/state', auditor).expect(200)).body as { current_state: string }).current_state;

describe('a server with the rights of a writer', () => {
  it('works, and may change neither log nor ledger, nor own anything', async () => {
    const client = createClient(urls.writer, 'migration');
    await client.connect();
    try {
      for (const text of [
        'update event_log set type = type',
        'delete from cost_ledger',
        'truncate event_log',
        'alter table event_log disable trigger all',
        'drop table event_log',
        'create table mine (x int)',
        "set session_replication_role = 'replica'",
      ])
        await expect(client.query(text)).rejects.toThrow(/permission denied|must be owner/);
    } finally {
      await client.end();
    }
  });

  it('is audited by one who may only read, and not the secrets', async () => {
    const run = await runCli('verify', ['--database', urls.auditor, '--no-anchor', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ result: 'holds', findings: [], warnings: [] });
    const client = createClient(urls.auditor, 'audit');
    await client.connect();
    try {
      for (const secret of ['user_credentials', 'agent_key_secrets', 'sessions', 'idempotency_records'])
        await expect(client.query(`select * from ${secret}`)).rejects.toThrow('permission denied');
    } finally {
      await client.end();
    }
    const owner = await runCli('verify', ['--database', database.url, '--no-anchor', '--json']);
    expect(JSON.parse(owner.stdout)).toMatchObject({ warnings: [expect.stringContaining('superuser')] });
  });
});

describe('the self-audit', () => {
  it('follows the log, and the whole is audited as well', async () => {
    await act();
    const { audits } = await until('both audits', ({ audits: runs }) => runs.length === 2);
    expect(audits.map(({ kind }) => kind)).toEqual(['full', 'incremental']);
    expect(audits.map(({ findings }) => findings)).toEqual([0, 0]);
    expect(await health()).toMatchObject({ audit: { status: 'up', findings: 0 } });
  });

  it('finds a row that was changed: an event, the state, health and metrics say so, until it is mended', async () => {
    expect(await state()).toBe('observe');
    await asSuperuser('update limits set base_nano = base_nano + 1');
    const { findings } = await until('the finding', (now) => now.findings.length > 0);
    expect(findings).toMatchObject([
      { kind: 'row_changed', place: expect.stringMatching(/^limits /), cleared_at: null },
    ]);
    expect(await state()).toBe('alert');
    expect(await health()).toMatchObject({ audit: { status: 'down', findings: 1 } });
    expect((await api.get('/metrics')).text).toContain('echo_audit_findings 1');
    const events = (await api.get('/audit/events?type=audit.finding', auditor).expect(200)).body as {
      items: unknown[];
    };
    expect(events.items).toMatchObject([{ actor: { type: 'system', id: 'audit' }, payload: { kind: 'row_changed' } }]);

    await asSuperuser('update limits set base_nano = base_nano - 1');
    await until('the end of the finding', (now) => now.findings.length === 0);
    expect(await state()).toBe('alert');
    const list = (await api.get('/audit/findings', auditor).expect(200)).body as { items: unknown[] };
    expect(list.items).toMatchObject([{ kind: 'row_changed', cleared_at: expect.any(String) }]);
  });

  it('finds a trigger that was switched off', async () => {
    await asSuperuser('alter table cost_ledger disable trigger all');
    const { findings } = await until('the findings', (now) => now.findings.length === 2);
    expect(findings).toMatchObject([{ kind: 'unguarded' }, { kind: 'unguarded' }]);
    await asSuperuser('alter table cost_ledger enable trigger all');
    await until('the end of the findings', (now) => now.findings.length === 0);
  });
});
