import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { EventReferenceDto, ProblemDto } from './platform/http/answers.js';
import { VERSION } from './platform/version.js';

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
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'access token of a user' },
      'user',
    )
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'es_…', description: 'API key of an agent' },
      'agent',
    )
    .build();
  return SwaggerModule.createDocument(app, options, { extraModels: [ProblemDto, EventReferenceDto] });
}

/** Swagger UI at `/docs`, the document at `/docs-json`. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Echo Substrate',
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none', tagsSorter: 'alpha' },
  });
}
