import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, type Cluster } from '../../src/platform/database/postgres-cluster.js';
import { embeddedBinaries, type PostgresBinaries } from '../../src/platform/database/postgres-binaries.js';
import { installedPostgres15 } from './postgres-15.js';
import { makeTemplate, SERVER_URL } from './test-database.js';

/** Tests are no measurement: what a crash of the machine would lose is lost with the run anyway. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

/** What the teardown ends. */
export interface TestRun {
  cluster: Cluster;
  dataDir: string;
}

declare global {
  var echoTestRun: TestRun | undefined;
}

/** Starts one PostgreSQL for the run and makes the migrated template that each test file clones. */
export default async function setUp(): Promise<void> {
  if (globalThis.echoTestRun || process.env[SERVER_URL]) return;
  const dataDir = await mkdtemp(join(tmpdir(), 'echo-test-'));
  const cluster = await startCluster({ binaries: await binaries(), dataDir, settings: SETTINGS });
  globalThis.echoTestRun = { cluster, dataDir };
  process.env[SERVER_URL] = cluster.urlOf('postgres');
  await makeTemplate();
}

function binaries(): Promise<PostgresBinaries> {
  if (process.env['TEST_POSTGRES'] !== '15') return embeddedBinaries();
  const installed = installedPostgres15();
  if (!installed) throw new Error('TEST_POSTGRES=15, but pg_config finds no PostgreSQL 15 server here');
  return Promise.resolve(installed);
}
