import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** The body as it came, before defaults were filled in; for fingerprints only, nothing of it is checked. */
export const RawBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  return context.switchToHttp().getRequest<Request>().body as unknown;
});
