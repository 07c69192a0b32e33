import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { verifierKeyOf } from '../../src/event-log/note/vkey.js';
import { Api, MAINTAINER } from './api.js';
import { startProcess } from './server-process.js';
import { createTestDatabase } from './test-database.js';

/** A running substrate on a database of its own: the built server in a process of its own, as users run it. */
export interface TestApp {
  readonly url: string;
  readonly databaseUrl: string;
  /** What the server was started with. */
  readonly environment: NodeJS.ProcessEnv;
  readonly api: Api;
  /** What the server wrote to standard output and error. */
  output(): string;
  /** Asks the server to stop and waits; answers its exit status. */
  stop(): Promise<number | null>;
  close(): Promise<void>;
}

const ORIGIN = 'test.example/log';

/** A key whose verifier key has a plus in its base64 too, on which careless readers of `name+id+key` stumble. */
function signingKey(): KeyObject {
  for (;;) {
    const { privateKey } = generateKeyPairSync('ed25519');
    if (verifierKeyOf(privateKey, ORIGIN).text.split('+').length > 3) return privateKey;
  }
}

/** The environment of a server on a database: keys of its own, and the first user of all tests. */
export function testEnvironment(databaseUrl: string): NodeJS.ProcessEnv {
  return {
    DATABASE_URL: databaseUrl,
    SECRET_KEY: randomBytes(32).toString('hex'),
    LOG_SIGNING_KEY: signingKey().export({ type: 'pkcs8', format: 'pem' }).toString(),
    LOG_ORIGIN: ORIGIN,
    BOOTSTRAP_USERNAME: MAINTAINER.username,
    BOOTSTRAP_PASSWORD: MAINTAINER.password,
  };
}

/** Starts a substrate on a new database; `close` drops it and fails when a connection was left open. */
export async function startTestApp(changes: NodeJS.ProcessEnv = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const environment = { ...testEnvironment(database.url), ...changes };
  const server = await startProcess(environment).catch(async (error: unknown) => {
    await database.drop();
    throw error;
  });
  return {
    url: server.url,
    databaseUrl: database.url,
    environment,
    api: new Api(server.url),
    output: () => server.output(),
    stop: () => server.stop(),
    close: async () => {
      await server.stop();
      await database.drop();
    },
  };
}
