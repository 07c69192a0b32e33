import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/**
 * Provides one PostgreSQL for the run, with the migrated template that each test file clones: the embedded one, with
 * TEST_POSTGRES=15 an installed 15, or the server that TEST_DATABASE_URL names, whose user must be a superuser.
 * test-database.ts finds them by ECHO_TEST_URL, where `{database}` stands for a name, and ECHO_TEST_TEMPLATE.
 */
export default async function setUp() {
  if (globalThis.echoTestRun) return;
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? serverAt(given) : await startServer();
  const template = `echo_template_${randomBytes(4).toString('hex')}`;
  globalThis.echoTestRun = {
    end: async () => {
      try {
        await onServer(server, `drop database if exists ${template}`);
      } finally {
        await server.end();
      }
    },
  };
  process.env.ECHO_TEST_URL = server.urlOf('{database}');
  process.env.ECHO_TEST_TEMPLATE = template;
  try {
    await onServer(server, `create database ${template} template template0 encoding 'UTF8'`);
    await migrate(server.urlOf(template));
    // A template that is being cloned must have no sessions; so nobody can have one.
    await onServer(server, `alter database ${template} with allow_connections false`);
    process.env.ECHO_TEST_OPENAPI = await openApiFile();
  } catch (error) {
    await globalThis.echoTestRun.end();
    throw error;
  }
}

/** The server's OpenAPI document as a file, which tests compare answers with. */
async function openApiFile() {
  const folder = await mkdtemp(join(tmpdir(), 'echo-openapi-'));
  const path = join(folder, 'openapi.json');
  await writeFile(path, execFileSync(process.execPath, ['dist/src/print-openapi.js']));
  const { end } = globalThis.echoTestRun;
  globalThis.echoTestRun.end = async () => {
    await rm(folder, { recursive: true });
    await end();
  };
  return path;
}

function serverAt(url) {
  const urlOf = (database) => url.replace(/^([^:]+:\/\/[^/?]*)(\/[^?]*)?/, `$1/${database}`);
  return { urlOf, end: () => Promise.resolve() };
}

async function startServer() {
  const dataDir = await mkdtemp(join(tmpdir(), 'echo-test-'));
  const cluster = await startCluster({ binaries: await binaries(), dataDir, settings: SETTINGS });
  return {
    urlOf: serverAt(cluster.urlOf('postgres')).urlOf,
    end: async () => {
      await cluster.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function onServer(server, sql) {
  const client = new pg.Client({ connectionString: server.urlOf('postgres') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function binaries() {
  if (process.env.TEST_POSTGRES !== '15') return embeddedBinaries();
  const installed = installedPostgres15();
  if (!installed) throw new Error('TEST_POSTGRES=15, but pg_config finds no PostgreSQL 15 server here');
  return installed;
}
