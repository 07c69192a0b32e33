import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { pinoHttp, type HttpLogger } from 'pino-http';
import { Registry } from 'prom-client';
import { Config } from './platform/config/config.js';
import { bodyReader } from './platform/http/body.js';
import { pathOf, type GovernedRequest } from './platform/http/governed-request.js';
import { requestIds } from './platform/http/request-id.js';
import { requestMetrics } from './platform/http/request-metrics.js';
import { validationPipe } from './platform/http/validation.js';
import { serveOpenApi } from './openapi.js';

/** Routes outside of `/api/v1`. */
const WITHOUT_PREFIX = [
  '.well-known/jwks.json',
  'health',
  'health/live',
  'health/ready',
  'metrics',
  'tlog/checkpoint',
  'tlog/tile/{*path}',
];

/** Everything between the socket and the handlers; the same for the server and for tests. */
export function configureApp(app: NestExpressApplication, logger: Logger): void {
  const config = app.get(Config);
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', config.trustedProxies.length > 0 ? [...config.trustedProxies] : false);
  app.use(requestIds());
  app.use(requestLines(logger));
  app.use(requestMetrics(app.get(Registry)));
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.enableCors({
    origin: [...config.allowedOrigins],
    exposedHeaders: ['Idempotency-Replayed', 'Retry-After', 'X-Request-Id'],
  });
  app.use(bodyReader());
  app.useGlobalPipes(validationPipe());
  prefixRoutes(app);
  serveOpenApi(app);
}

/** Puts the routes below `/api/v1`. */
export function prefixRoutes(app: INestApplication): void {
  app.setGlobalPrefix('api/v1', { exclude: WITHOUT_PREFIX });
}

/** One line a request: method, path without its query, status, time. No headers and no bodies: they hold secrets. */
function requestLines(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    // The request's id is on every line already: the logger takes it from the context.
    customAttributeKeys: { req: 'request', res: 'response', responseTime: 'milliseconds' },
    autoLogging: { ignore: (request: IncomingMessage) => /^\/(health|metrics)/.test(request.url ?? '') },
    customLogLevel: (_request: IncomingMessage, response: ServerResponse, error?: Error) =>
      error || response.statusCode >= 500 ? 'error' : 'info',
    serializers: {
      req: (request: { method: string; raw: unknown }) => ({
        method: request.method,
        path: pathOf(request.raw as GovernedRequest),
      }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
    },
  });
}
