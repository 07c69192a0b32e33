import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { prefixRoutes } from './configure-app.js';
import { openApiDocument } from './openapi.js';
import { Config } from './platform/config/config.js';
import { DatabaseUrl } from './platform/database/database-url.js';

// `npm run openapi`: the OpenAPI document on standard output, without a server and a database.
const app = await NestFactory.create(AppModule.with(new Config(), new DatabaseUrl('')), {
  preview: true,
  logger: false,
  abortOnError: false,
});
prefixRoutes(app);
process.stdout.write(`${JSON.stringify(openApiDocument(app), null, 2)}\n`);
