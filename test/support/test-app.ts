import 'reflect-metadata';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { Config } from '../../src/platform/config/config.js';
import { startServer } from '../../src/server.js';
import { Api, MAINTAINER } from './api.js';
import { createTestDatabase } from './test-database.js';

/** A running substrate on a database of its own, through the same code as the server. */
export interface TestApp {
  readonly url: string;
  readonly databaseUrl: string;
  readonly config: Config;
  readonly api: Api;
  close(): Promise<void>;
}

/** A configuration for tests: quiet, on a free port of loopback. */
export function testConfig(changes: Partial<Config> = {}): Config {
  const { privateKey } = generateKeyPairSync('ed25519');
  return Object.assign(new Config(), {
    environment: 'development',
    databaseUrl: null,
    dataDir: join(tmpdir(), 'echo-substrate-unused'),
    migrateOnStart: false,
    apiHost: '127.0.0.1',
    apiPort: 0,
    secretKey: randomBytes(32).toString('hex'),
    logSigningKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    logOrigin: 'test.example/log',
    allowedOrigins: [],
    trustedProxies: [],
    actionTtlSeconds: 900,
    bootstrapUsername: MAINTAINER.username,
    bootstrapPassword: MAINTAINER.password,
    logLevel: 'silent',
    ...changes,
  } satisfies Config);
}

/** Starts a substrate on a new database; `close` drops it and fails when a connection was left open. */
export async function startTestApp(changes: Partial<Config> = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const config = testConfig(changes);
  const app = await startServer(config, database.url).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    databaseUrl: database.url,
    config,
    api: new Api(url),
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}
