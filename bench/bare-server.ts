import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Registry } from 'prom-client';
import { configureApp } from '../src/configure-app.js';
import { AuthorizeDto } from '../src/organs/actions/dto/action-requests.dto.js';
import { LimitedExpressAdapter } from '../src/platform/http/http-server.js';
import { Config } from '../src/platform/config/config.js';
import { loadConfig } from '../src/platform/config/load-config.js';
import { processRegistry } from '../src/platform/metrics/registry.js';
import { createLogger, NestLogger } from '../src/platform/logging/logger.js';

/** The yardstick: the same middleware and validation as the real route, and then nothing. */
@Controller('actions')
class BareController {
  @Post()
  @HttpCode(201)
  nothing(@Body() body: AuthorizeDto): { action_type: string; status: string } {
    return { action_type: body.action_type, status: 'authorized' };
  }
}

const config = await loadConfig(process.env);

@Module({
  controllers: [BareController],
  providers: [
    { provide: Config, useValue: config },
    { provide: Registry, useFactory: processRegistry },
  ],
})
class BareModule {}

const logger = createLogger(config.logLevel);
const app = await NestFactory.create<NestExpressApplication>(BareModule, new LimitedExpressAdapter(), {
  logger: new NestLogger(logger),
  bodyParser: false,
});
configureApp(app, logger);
await app.listen(config.apiPort, config.apiHost);
