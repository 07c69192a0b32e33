import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Response } from 'express';

/** A signal that ends what a request waits for when its client goes away. */
export const Disconnected = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  const gone = new AbortController();
  const response = context.switchToHttp().getResponse<Response>();
  // It may have gone while the guard looked who it is.
  if (response.closed) gone.abort();
  else response.once('close', () => gone.abort());
  return gone.signal;
});
