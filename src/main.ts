import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { BrokenPromiseError, WrongKeyError } from './event-log/anchoring/anchoring.errors.js';
import { WrongLogError } from './event-log/genesis.js';
import { FirstUser, FirstUserError } from './organs/identity/index.js';
import { ConfigError, loadConfig, loadDotEnv } from './platform/config/load-config.js';
import { EmbeddedPostgresError, startEmbeddedPostgres } from './platform/database/embedded-postgres.js';
import { startServer } from './server.js';

/** Errors whose message says all that is needed. */
const EXPECTED = [BrokenPromiseError, ConfigError, EmbeddedPostgresError, FirstUserError, WrongKeyError, WrongLogError];
/** How long a stop waits for requests to end, in ms, before it closes their connections: a proxy's own limit is often 30 s. */
const STOP_MS = 10_000;
/** How often a stop closes connections that have fallen idle, in ms. */
const IDLE_LOOK_MS = 50;
/** Exit status of a start that failed. */
const START_FAILED = 1;

async function main(): Promise<void> {
  loadDotEnv();
  const config = await loadConfig(process.env);
  const embedded = config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: config.dataDir }) : null;
  let stopping: Promise<void> | null = null;
  try {
    const app = await startServer(config, config.databaseUrl ?? embedded?.url ?? '');
    const stop = async (): Promise<void> => {
      const server = app.getHttpServer();
      // Node lets connections that fall idle during the close wait for their keep-alive time.
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS).unref();
      setTimeout(() => server.closeAllConnections(), STOP_MS).unref();
      await app.close();
      clearInterval(idle);
      await embedded?.stop();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        stopping ??= stop().then(() => process.exit(0), fail);
      });
    }
    const { port } = app.getHttpServer().address() as AddressInfo;
    const host = config.apiHost === '0.0.0.0' ? 'localhost' : config.apiHost;
    const first = await app.get(FirstUser).takeCredentials();
    const login = first ? `First login, shown this once: ${first.username} / ${first.password}\n` : '';
    process.stdout.write(
      `\nEcho Substrate listens on http://${host}:${port}\nSwagger UI: http://${host}:${port}/docs\n${login}\n`,
    );
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** Says what went wrong in words where the reason is known, and ends. */
function fail(error: unknown): void {
  const isExpected = EXPECTED.some((kind) => error instanceof kind);
  const text = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`Echo Substrate cannot run: ${text}\n`);
  process.exit(START_FAILED);
}

await main().catch(fail);
