import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Config } from '../../config/config.js';
import { answerClientError, answerRoutingError } from './client-error.js';
import { readJsonBodies } from './json-body.js';

/** How often Node looks for requests that take too long, in milliseconds; its own default of 30 s would stretch every timeout. */
const TIMEOUT_CHECK_MS = 1_000;

/** Longest path segment: a user id of 128 characters, four bytes each, percent-encoded, with room to spare. */
const SEGMENT_LENGTH = 4_096;

/** Nest's adapter without its body parsers: `readJsonBodies` is the only one. */
class RestAdapter extends FastifyAdapter {
  override registerParserMiddleware(): void {}
}

/** The HTTP server that both doors stand on: every limit and timeout is set here. */
export function createHttpAdapter(config: Config): FastifyAdapter {
  const { frameBytes, jsonDepth, headersTimeoutMs, requestTimeoutMs } = config.gateway;
  const adapter = new RestAdapter({
    bodyLimit: frameBytes,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs), connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerRoutingError,
    routerOptions: { maxParamLength: SEGMENT_LENGTH },
    // Content types and error bodies are this gateway's own; Fastify's logger stays off.
    logger: false,
    forceCloseConnections: 'idle',
  });
  readJsonBodies(adapter.getInstance(), jsonDepth);
  return adapter;
}
