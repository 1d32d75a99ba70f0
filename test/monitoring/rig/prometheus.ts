import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../support/ports.js';
import { toolPath } from '../../support/tools.js';
import { Child } from './child.js';

const START_MS = 30_000;
const ANSWER_MS = 10_000;
const LOOK_MS = 250;

/** One series of an answer; values as Prometheus writes them: seconds since the epoch, and text. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/** Exemplars of one series. */
export interface SeriesExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly Exemplar[];
}

/** One rule as Prometheus runs it. */
export interface RunningRule {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly health: string;
  readonly lastError?: string;
  /** Seconds. */
  readonly duration?: number;
  readonly state?: 'inactive' | 'pending' | 'firing';
}

/** Debian's Prometheus on a port and directory of its own, with exemplars kept. */
export class Prometheus {
  static async start(directory: string, config: string): Promise<Prometheus> {
    const home = join(directory, 'prometheus');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'prometheus.yml'), config);
    const port = await freePort();
    const parameters = [
      `--config.file=${join(home, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ];
    const child = Child.start(toolPath('prometheus', 'prometheus'), parameters, home);
    try {
      await child.untilReady(`http://127.0.0.1:${port}/-/ready`, START_MS);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return new Prometheus(port, child);
  }

  private constructor(
    readonly port: number,
    private readonly child: Child,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it complained about. */
  get output(): string {
    return this.child.output;
  }

  /** An instant query at this moment. */
  query(expression: string): Promise<readonly Series[]> {
    return this.result('query', { query: expression });
  }

  /** Values over the last seconds; `step` in seconds. */
  queryRange(expression: string, seconds: number, step: number): Promise<readonly Series[]> {
    const end = Date.now() / 1_000;
    return this.result('query_range', { query: expression, start: String(end - seconds), end: String(end), step: String(step) });
  }

  /** Exemplars of the series that an expression reads, over the last seconds: the call that Grafana makes for a panel. */
  async queryExemplars(expression: string, seconds: number): Promise<readonly SeriesExemplars[]> {
    const end = Date.now() / 1_000;
    const start = String(end - seconds);
    return (await this.get('query_exemplars', { query: expression, start, end: String(end) })) as readonly SeriesExemplars[];
  }

  async rules(): Promise<readonly RunningRule[]> {
    const { groups } = (await this.get('rules', {})) as { readonly groups: readonly { readonly rules: readonly RunningRule[] }[] };
    return groups.flatMap(({ rules }) => rules);
  }

  /** Waits until an expression has at least one series; rejects with `what` where it has none in time. */
  async until(expression: string, timeoutMs: number, what: string): Promise<readonly Series[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = await this.query(expression);
      if (found.length > 0) return found;
      if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what} (${expression})\n${this.output.slice(-2_000)}`);
      await delay(LOOK_MS);
    }
  }

  stop(): Promise<void> {
    return this.child.stop();
  }

  private async result(path: string, parameters: Readonly<Record<string, string>>): Promise<readonly Series[]> {
    return ((await this.get(path, parameters)) as { readonly result: readonly Series[] }).result;
  }

  private async get(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const url = `${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
    const answer = (await (await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })).json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data?: unknown;
    };
    if (answer.status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error ?? answer.status}`);
    return answer.data;
  }
}
