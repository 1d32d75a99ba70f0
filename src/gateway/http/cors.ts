import type { FastifyAdapter } from '@nestjs/platform-fastify';

const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of the allowed origins call REST; the same list guards WebSocket upgrades. Origins are compared exactly: no
 * patterns, no suffixes. Credentials are bearer tokens, so cookies are never allowed. `allowed` is asked for each request.
 */
export function allowOrigins(adapter: FastifyAdapter, allowed: () => readonly string[]): void {
  adapter.enableCors({
    origin: (origin: string | undefined, answer: (error: Error | null, allow: boolean) => void) =>
      answer(null, origin !== undefined && (allowed().includes(origin) || allowed().includes('*'))),
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'X-API-Key', 'traceparent'],
    exposedHeaders: ['Allow', 'Retry-After'],
    maxAge: PREFLIGHT_SECONDS,
    strictPreflight: false,
  });
}
