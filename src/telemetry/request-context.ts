import { AsyncLocalStorage } from 'node:async_hooks';

/** What is bound for the whole asynchronous life of a handler or a REST request; logs read it, handlers may. */
export interface RequestContext {
  readonly traceId: string | undefined;
  readonly connectionId: string | undefined;
  readonly user: string | undefined;
}

/** The request that the running code belongs to; undefined in background work. */
export const requestContext = new AsyncLocalStorage<RequestContext>();
