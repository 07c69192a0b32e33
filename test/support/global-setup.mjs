import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
// Jest loads this file by itself, without its transforms: it takes the build, which `npm test` makes first.
import { migrate } from '../../dist/src/platform/database/migrate.js';
import { embeddedBinaries } from '../../dist/src/platform/database/postgres-binaries.js';
import { startCluster } from '../../dist/src/platform/database/postgres-cluster.js';
import { installedPostgres15 } from './postgres-15.mjs';

/** Tests are no measurement: what a crash of the machine would lose is lost with the run anyway. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

/** The database that test-database.ts clones; its names stand there. */
const TEMPLATE = 'echo_template';

/** Starts one PostgreSQL for the run and makes the migrated template that each test file clones. */
export default async function setUp() {
  if (globalThis.echoTestRun) return;
  const dataDir = await mkdtemp(join(tmpdir(), 'echo-test-'));
  const cluster = await startCluster({ binaries: await binaries(), dataDir, settings: SETTINGS });
  globalThis.echoTestRun = { cluster, dataDir };
  process.env.ECHO_TEST_SERVER_URL = cluster.urlOf('postgres');
  const client = new pg.Client({ connectionString: cluster.urlOf('postgres') });
  await client.connect();
  await client.query(`create database ${TEMPLATE}`);
  await client.end();
  await migrate(cluster.urlOf(TEMPLATE));
}

function binaries() {
  if (process.env.TEST_POSTGRES !== '15') return embeddedBinaries();
  const installed = installedPostgres15();
  if (!installed) throw new Error('TEST_POSTGRES=15, but pg_config finds no PostgreSQL 15 server here');
  return installed;
}
