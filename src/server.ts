import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { configureApp } from './configure-app.js';
import type { Config } from './platform/config/config.js';
import { DatabaseUrl } from './platform/database/database-url.js';
import { migrate } from './platform/database/migrate.js';
import { LimitedExpressAdapter } from './platform/http/http-server.js';
import { createLogger, NestLogger } from './platform/logging/logger.js';

/** Migrates the database where configured, starts the substrate on it and listens. */
export async function startServer(config: Config, databaseUrl: string): Promise<NestExpressApplication> {
  const logger = createLogger(config.logLevel);
  if (config.migrateOnStart) {
    const { done, withoutRoles } = await migrate(databaseUrl);
    for (const name of done) logger.info({ part: 'migrations' }, `ran ${name}`);
    if (withoutRoles !== null)
      logger.warn({ part: 'migrations' }, `the roles of the database were not made: ${withoutRoles}`);
  }
  const module = AppModule.with(config, new DatabaseUrl(databaseUrl));
  const app = await NestFactory.create<NestExpressApplication>(module, new LimitedExpressAdapter(), {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  try {
    configureApp(app, logger);
    await app.listen(config.apiPort, config.apiHost);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}
