import { AsyncLocalStorage } from 'node:async_hooks';

/** What is known of the request in hand, wherever in the code one asks. */
export interface RequestContext {
  /** The server's own id of the request, a UUIDv7. */
  readonly requestId: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs something within a request's context. */
export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** The context of the request in hand, or null outside of any. */
export function currentContext(): RequestContext | null {
  return storage.getStore() ?? null;
}
