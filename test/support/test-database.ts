import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** How long the sessions of a closed app may take to end, in ms. */
const SESSIONS_MS = 2_000;

/** A database for one test file. */
export interface TestDatabase {
  readonly url: string;
  /** Drops it. @throws Error when somebody left a connection open */
  drop(): Promise<void>;
}

/** A fresh, migrated database; `empty` has no tables. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const name = newName();
  const template = options.empty ? `template0 encoding 'UTF8'` : setUp('ECHO_TEST_TEMPLATE');
  await onServer((client) => client.query(`create database ${name} template ${template}`));
  return { url: urlOf(name), drop: () => drop(name) };
}

/** A copy of a database that nobody is connected to. */
export async function copyDatabase(url: string): Promise<TestDatabase> {
  const name = newName();
  const [, original = ''] = /\/(\w+)(?:\?|$)/.exec(url) ?? [];
  await onServer((client) => client.query(`create database ${name} template ${original} strategy file_copy`));
  return { url: urlOf(name), drop: () => drop(name) };
}

function newName(): string {
  return `echo_${randomBytes(8).toString('hex')}`;
}

async function drop(name: string): Promise<void> {
  await onServer(async (client) => {
    const left = await sessionsLeft(client, name);
    await client.query(`drop database ${name} with (force)`);
    if (left.length > 0) throw new Error(`connections were left open: ${left.join(', ')}`);
  });
}

async function sessionsLeft(client: pg.Client, name: string): Promise<string[]> {
  for (const deadline = Date.now() + SESSIONS_MS; ; await pause(25)) {
    const { rows } = await client.query<{ what: string }>(
      `select application_name || ': ' || left(query, 80) as what from pg_stat_activity
       where datname = $1 and backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.what);
  }
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  return setUp('ECHO_TEST_URL').replace('{database}', database);
}

/** What global-setup.mjs left in the environment for the workers. */
function setUp(name: 'ECHO_TEST_URL' | 'ECHO_TEST_TEMPLATE'): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the test needs a project of jest.config.mjs with the global setup`);
  return value;
}
