import { constants, createServer, type Http2Server, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { Refusal } from '../../protocol/refusal.js';
import { refusalBody } from '../http/answer.js';
import { Http2Request } from './http2-request.js';
import { Http2Response } from './http2-response.js';

export interface Http2Limits {
  /** Most requests of one session at a time. */
  readonly streams: number;
  /** A session without a request is closed after this time, in milliseconds. */
  readonly idleMs: number;
  /** Time for the first request of a session to come with all its headers, in milliseconds. */
  readonly headersTimeoutMs: number;
  /** Time for a request's body, in milliseconds. */
  readonly requestTimeoutMs: number;
}

/** What a session's headers may take, in bytes; the same as Node allows a request of HTTP/1.1. */
const HEADER_BYTES = 16_384;
const HEADER_PAIRS = 128;
/** Streams that a peer may cancel at once, and per second after that (CVE-2023-44487); beyond them the session ends. */
const RESET_BURST = 200;
const RESETS_PER_SECOND = 33;
/** What one session may hold in memory: frames, headers, bodies that wait. Megabytes. */
const SESSION_MEGABYTES = 4;
const INVALID_FRAMES = 100;
const REJECTED_STREAMS = 50;
const SWEEP_MS = 1_000;

/** What is known of one session. */
interface SessionState {
  requests: number;
  /** When its last request ended, or it began, on the clock of `performance.now()`. */
  idleSince: number;
  everAsked: boolean;
}

/**
 * HTTP/2 beside HTTP/1.1 on one TLS port. The HTTPS server stays what it is, with its own deadlines, and keeps every connection but
 * those that chose `h2` by ALPN: these become sessions here, and their requests are the server's `request` events like all others.
 * WebSockets stay on HTTP/1.1: extended CONNECT (RFC 8441) is not announced, so no client asks for it.
 */
export class Http2Sessions {
  private readonly sessions = new Map<ServerHttp2Session, SessionState>();
  private readonly http2: Http2Server;
  private readonly sweep: NodeJS.Timeout;

  constructor(
    server: Server,
    private readonly limits: Http2Limits,
  ) {
    this.http2 = createServer(optionsOf(limits));
    this.http2.on('session', (session) => this.opened(session));
    this.http2.on('request', (request, response) => this.requested(server, request as Http2Request, response));
    this.sweep = setInterval(() => this.closeIdle(), SWEEP_MS);
    this.sweep.unref();
    takeConnections(server, this.http2);
  }

  /** Open sessions. */
  get size(): number {
    return this.sessions.size;
  }

  /** No more requests: each session says so (GOAWAY) and ends with its last answer. */
  close(): void {
    clearInterval(this.sweep);
    for (const session of this.sessions.keys()) session.close();
  }

  /** Ends what has not ended by itself. */
  destroy(): void {
    clearInterval(this.sweep);
    for (const session of this.sessions.keys()) session.destroy();
  }

  private opened(session: ServerHttp2Session): void {
    this.sessions.set(session, { requests: 0, idleSince: performance.now(), everAsked: false });
    // What a peer does wrong ends its session; without a listener it would end the process.
    session.on('error', () => session.destroy());
    session.once('close', () => this.sessions.delete(session));
  }

  private requested(server: Server, request: Http2Request, response: Http2ServerResponse): void {
    const { stream, headers } = request;
    const state = stream.session === undefined ? undefined : this.sessions.get(stream.session as ServerHttp2Session);
    if (state !== undefined) {
      state.requests += 1;
      state.everAsked = true;
      stream.once('close', () => {
        state.requests -= 1;
        state.idleSince = performance.now();
      });
    }
    if (headerBytes(request.rawHeaders) > HEADER_BYTES) return refuseHeaders(response);
    headers.host ??= request.authority;
    if (!request.readableEnded) this.awaitBody(request);
    server.emit('request', request, response);
  }

  private awaitBody(request: Http2Request): void {
    const { stream } = request;
    const deadline = setTimeout(() => {
      if (!request.complete) stream.close(constants.NGHTTP2_CANCEL);
    }, this.limits.requestTimeoutMs);
    const settled = (): void => clearTimeout(deadline);
    stream.once('end', settled);
    stream.once('close', settled);
  }

  /** By the clock and not by bytes, so that a peer which drips headers or pings is idle too. */
  private closeIdle(): void {
    const now = performance.now();
    const { idleMs, headersTimeoutMs } = this.limits;
    for (const [session, { requests, idleSince, everAsked }] of this.sessions) {
      const idleFor = now - idleSince;
      if (requests > 0 || idleFor < (everAsked ? idleMs : headersTimeoutMs)) continue;
      if (session.closed || !everAsked) session.destroy();
      else session.close();
    }
  }
}

function optionsOf({ streams }: Http2Limits): object {
  return {
    Http2ServerRequest: Http2Request,
    Http2ServerResponse: Http2Response,
    maxHeaderListPairs: HEADER_PAIRS,
    maxSessionMemory: SESSION_MEGABYTES,
    maxSessionInvalidFrames: INVALID_FRAMES,
    maxSessionRejectedStreams: REJECTED_STREAMS,
    streamResetBurst: RESET_BURST,
    streamResetRate: RESETS_PER_SECOND,
    settings: { maxConcurrentStreams: streams, maxHeaderListSize: HEADER_BYTES, enableConnectProtocol: false },
  };
}

function headerBytes(raw: readonly string[]): number {
  let bytes = 0;
  for (const text of raw) bytes += text.length;
  return bytes;
}

function refuseHeaders(response: Http2ServerResponse): void {
  const refusal = new Refusal('PAYLOAD_TOO_LARGE', 'headers: over 16 KiB', { field: 'headers' });
  response.writeHead(refusal.httpStatus, { 'content-type': 'application/json; charset=utf-8' });
  response.end(refusalBody(refusal, undefined));
}

/** Puts a fork where the HTTPS server takes its connections. */
function takeConnections(server: Server, http2: Http2Server): void {
  const http1 = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') {
      for (const listener of http1) listener.call(server, socket);
      return;
    }
    // A session that ends takes its listeners along; a peer that resets after that is nobody's error.
    socket.on('error', () => socket.destroy());
    http2.emit('connection', socket);
  });
}
