import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { EventReferenceDto, ProblemDto } from './platform/http/answers.js';
import { VERSION } from './platform/version.js';

/** What each group of routes is for, in the order of Swagger UI. */
const TAGS = {
  Identity: 'People: log in, users and their roles.',
  Agents: 'Agents: register them, their keys, their heartbeats.',
  Metabolism: 'Scopes, limits, prices, charges and the ledger.',
  Actions: 'The four laws: ask before acting, say afterwards what it cost.',
  Immune: 'Quarantine, release, termination, and the policies behind them.',
  Observations: 'What sensors report, what is unusual in it, and what people decide about that.',
  Escalations: 'What agents may not do by themselves, and what people decide on it.',
  State: 'The state of the substrate, and who moved it.',
  Audit: 'The log: read it, verify it, take it away.',
  Health: 'Whether it works, for people and machines.',
};

/** The OpenAPI 3.1 document, generated from the code. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Echo Substrate')
    .setDescription(
      'Identity, budgets and limits for software agents; nothing happens that is not paid for and recorded first.\n\n' +
        'Log in with `POST /api/v1/auth/login` and put the access token under **user**; an agent puts its key under **agent**.',
    )
    .setVersion(VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'this server')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'access token of a user' },
      'user',
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'es_…', description: 'API key of an agent' },
      'agent',
    )
    .build();
  options.tags = Object.entries(TAGS).map(([name, description]) => ({ name, description }));
  return SwaggerModule.createDocument(app, options, { extraModels: [ProblemDto, EventReferenceDto] });
}

/** Swagger UI at `/docs`, the document at `/docs-json`. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Echo Substrate',
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none' },
  });
}
