import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Latency } from './latency.js';
import { Pace } from './pace.js';
import type { Figures } from './report.js';

const MOST_SOCKETS = 64;
const TIMEOUT_MS = 10_000;

export interface RestPlan {
  readonly url: string;
  readonly apiKey: string;
  readonly topic: string;
  readonly perSecond: number;
}

/** REST requests beside the sockets at a steady rate: a publish and a page of history by turns. */
export class RestLoad {
  private readonly agent: HttpAgent;
  private readonly send: typeof httpRequest;
  private latency = new Latency();
  private failures = new Map<string, number>();
  private since = performance.now();
  private stopped = false;
  private count = 0;

  constructor(private readonly plan: RestPlan) {
    const tls = plan.url.startsWith('https:');
    this.agent = new (tls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: MOST_SOCKETS });
    this.send = tls ? httpsRequest : httpRequest;
  }

  async run(): Promise<void> {
    const pace = new Pace(this.plan.perSecond);
    while (!this.stopped) {
      const due = await pace.due();
      if (this.stopped) return;
      for (const dueAt of due) this.call(dueAt);
    }
  }

  stop(): void {
    this.stopped = true;
    this.agent.destroy();
  }

  /** Since the last call. */
  take(): { readonly figures: Figures; readonly failures: ReadonlyMap<string, number> } {
    const { latency, failures } = this;
    const seconds = (performance.now() - this.since) / 1_000;
    this.latency = new Latency();
    this.failures = new Map();
    this.since = performance.now();
    const figures = {
      rest_per_s: latency.count / seconds,
      rest_p50_ms: latency.percentile(0.5),
      rest_p99_ms: latency.percentile(0.99),
    };
    return { figures, failures };
  }

  private call(dueAt: number): void {
    this.count += 1;
    const publishes = this.count % 2 === 1;
    const path = `${this.plan.url.replace(/\/+$/, '')}/api/v1/topics/${this.plan.topic}/messages${publishes ? '' : '?limit=10'}`;
    const request = this.send(path, {
      method: publishes ? 'POST' : 'GET',
      agent: this.agent,
      timeout: TIMEOUT_MS,
      headers: { authorization: `Bearer ${this.plan.apiKey}`, 'content-type': 'application/json' },
    });
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200 || response.statusCode === 201) this.latency.record(performance.now() - dueAt);
        else this.failed(`REST HTTP ${response.statusCode ?? '?'}`);
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
    request.on('error', (error: NodeJS.ErrnoException) => this.failed(`REST ${error.code ?? error.message}`));
    request.end(publishes ? '{"action":"bench.rest","data":{"from":"waybill bench"}}' : undefined);
  }

  private failed(reason: string): void {
    if (!this.stopped) this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
  }
}
