import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { Registry } from 'prom-client';
import { Config } from '../config/config.js';
import { readTlsFiles } from '../tls/tls-files.js';
import type { HealthReport } from './health/health.js';
import { type ExpositionFormat, formatFor } from './metrics/exposition-format.js';

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const MOST_CONNECTIONS = 64;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What the port tells. */
export interface OpsPages {
  metrics(format: ExpositionFormat): Promise<string>;
  health(): HealthReport | Promise<HealthReport>;
  /** Metrics of one of several processes behind the port; undefined where there is none of this name. */
  metricsOf(worker: string, format: ExpositionFormat): Promise<string | undefined>;
}

const WORKER_METRICS = '/metrics/';

/** The operators' port: `/metrics`, `/healthz`, `/readyz`. A server of its own, so that it answers while the public one drains. */
export class OpsServer {
  readonly server: Server;

  constructor(
    private readonly config: Config,
    private readonly pages: OpsPages,
  ) {
    const deadlines = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
    const handle = (request: IncomingMessage, response: ServerResponse): void => void this.handle(request, response);
    this.server = config.tls.ops ? createTlsServer({ ...deadlines, ...this.tls() }, handle) : createServer(deadlines, handle);
    this.server.maxConnections = MOST_CONNECTIONS;
  }

  /** The port in use; 0 while it does not listen. */
  get port(): number {
    return (this.server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Rejects with a sentence that names the option where the port cannot be had. */
  async listen(): Promise<void> {
    const { opsPort, opsHost } = this.config.server;
    this.server.listen(opsPort, opsHost);
    try {
      await once(this.server, 'listening');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new Error(`WAYBILL_OPS_PORT: ${opsHost}:${opsPort} cannot be listened on (${code ?? message}). Choose a free port, or 0.`, {
        cause: error,
      });
    }
  }

  private tls(): TlsOptions {
    const { tls } = this.config;
    // Clients show no certificate here, so their authorities have no say.
    return { ...readTlsFiles(tls)?.context, handshakeTimeout: tls.handshakeTimeoutMs };
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.answer(request).catch((error: unknown): Answer =>
      problem(500, error instanceof Error ? error.message : 'failed'),
    );
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...(status === 405 ? { allow: 'GET, HEAD' } : {}) });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const known = path === '/metrics' || path.startsWith(WORKER_METRICS) || path === '/healthz' || path === '/readyz';
    if (!known) return problem(404, 'paths here are /metrics, /healthz and /readyz');
    if (request.method !== 'GET' && request.method !== 'HEAD') return problem(405, 'use GET');
    if (path === '/healthz') return json(200, { status: 'alive' });
    if (path === '/readyz') return this.readiness();
    return this.scrape(path, request.headers.accept ?? '');
  }

  private async readiness(): Promise<Answer> {
    const report = await this.pages.health();
    return json(report.status === 'ready' ? 200 : 503, report);
  }

  private async scrape(path: string, accept: string): Promise<Answer> {
    const format = formatFor(accept);
    const type = format === 'openmetrics' ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
    const worker = path.startsWith(WORKER_METRICS) ? path.slice(WORKER_METRICS.length) : undefined;
    const body = await (worker === undefined ? this.pages.metrics(format) : this.pages.metricsOf(worker, format));
    return body === undefined ? problem(404, `no process of this port is called ${JSON.stringify(worker)}`) : { status: 200, type, body };
  }
}

function json(status: number, body: unknown): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}

function problem(status: number, message: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${message}\n` };
}
