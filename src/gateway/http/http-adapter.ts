import type { Server as HttpsServer } from 'node:https';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Config } from '../../config/config.js';
import { Http2Sessions } from '../tls/http2-sessions.js';
import { tlsServerOptions } from '../tls/server-options.js';
import { TlsHandshakes } from '../tls/tls-handshakes.js';
import { answerClientError, answerRoutingError } from './client-error.js';
import { readJsonBodies } from './json-body.js';
import { SilentSockets } from './silent-sockets.js';

/** How often Node looks for requests that take too long, in milliseconds; its own default of 30 s would stretch every timeout. */
const TIMEOUT_CHECK_MS = 1_000;

/** How often a server that stops looks for connections whose last answer has left, in milliseconds. */
const IDLE_CHECK_MS = 50;

/** Longest path segment: a user id of 128 characters, four bytes each, percent-encoded, with room to spare. */
const SEGMENT_LENGTH = 4_096;

/**
 * Nest's adapter without its body parsers (`readJsonBodies` is the only one), whose stop waits for requests under way, for a while,
 * and for nothing else.
 */
class RestAdapter extends FastifyAdapter {
  private silent: SilentSockets | undefined;
  private handshakes: TlsHandshakes | undefined;
  private http2: Http2Sessions | undefined;
  private stopTimeoutMs = 0;

  override registerParserMiddleware(): void {}

  /** Begins to watch the sockets. `longestMs` is the longest wait for requests under way when it stops. */
  stopWithin(longestMs: number): this {
    this.stopTimeoutMs = longestMs;
    this.silent = new SilentSockets(this.getHttpServer());
    return this;
  }

  /** For a server that speaks TLS: what is refused in a handshake, and HTTP/2. */
  speakTls({ tls, gateway }: Config): this {
    const server = this.getHttpServer<HttpsServer>();
    const { http2Streams: streams, http2IdleMs: idleMs } = tls;
    const { headersTimeoutMs, requestTimeoutMs } = gateway;
    if (streams > 0) this.http2 = new Http2Sessions(server, { streams, idleMs, headersTimeoutMs, requestTimeoutMs });
    // Last, so that it stands before everybody who takes connections.
    this.handshakes = new TlsHandshakes(server);
    return this;
  }

  override async close(): Promise<void> {
    const server = this.getHttpServer();
    const cutOff = setTimeout(() => {
      server.closeAllConnections();
      this.http2?.destroy();
    }, this.stopTimeoutMs);
    this.handshakes?.destroy();
    this.http2?.close();
    // Node closes what is idle when a stop begins, not what becomes idle after that.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    this.silent?.destroy();
    await super.close();
    clearTimeout(cutOff);
    clearInterval(idle);
  }
}

/** The HTTP server that both doors stand on: every limit and timeout is set here. */
export function createHttpAdapter(config: Config): FastifyAdapter {
  const { frameBytes, jsonDepth, headersTimeoutMs, requestTimeoutMs, drainTimeoutMs } = config.gateway;
  const deadlines = { headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs), connectionsCheckingInterval: TIMEOUT_CHECK_MS };
  const tls = tlsServerOptions(config);
  const adapter = new RestAdapter({
    bodyLimit: frameBytes,
    requestTimeout: requestTimeoutMs,
    ...(tls === undefined ? { http: deadlines } : { https: { ...tls, ...deadlines } }),
    clientErrorHandler: answerClientError,
    frameworkErrors: answerRoutingError,
    routerOptions: { maxParamLength: SEGMENT_LENGTH },
    // Content types and error bodies are this gateway's own; Fastify's logger stays off.
    logger: false,
    forceCloseConnections: 'idle',
  }).stopWithin(drainTimeoutMs);
  readJsonBodies(adapter.getInstance(), jsonDepth);
  return tls === undefined ? adapter : adapter.speakTls(config);
}
