import { type HealthReport, type PartReport } from '../monitoring/health/health.js';
import type { ExpositionFormat } from '../monitoring/metrics/exposition-format.js';
import { SummedMetrics } from '../monitoring/metrics/summed-metrics.js';
import type { OpsPages } from '../monitoring/ops-server.js';
import type { WorkerState } from './worker-words.js';

/** A worker as its pages need it. */
export interface AskedWorker {
  readonly name: string;
  state(): Promise<WorkerState | undefined>;
}

const WORST_FIRST = ['down', 'degraded', 'ok'] as const;

/** What the operators' port tells of several processes: their metrics together and one by one, and the health of all. */
export class WorkerPages implements OpsPages {
  private readonly sums = new SummedMetrics();
  private readonly startedAt = Date.now();

  constructor(private readonly workers: readonly AskedWorker[]) {}

  /** A worker ended: what it had counted, as far as it was ever told, stays in the sums. */
  retire(worker: string): void {
    this.sums.retire(worker);
  }

  async metrics(format: ExpositionFormat): Promise<string> {
    await Promise.all(this.workers.map((worker) => this.read(worker)));
    return this.sums.render(format);
  }

  async metricsOf(name: string, format: ExpositionFormat): Promise<string | undefined> {
    const worker = this.workers.find((candidate) => candidate.name === name);
    if (worker === undefined) return undefined;
    await this.read(worker);
    return this.sums.renderOne(name, format);
  }

  /** Ready while one of them is; each part is as bad as where it is worst. */
  async health(): Promise<HealthReport> {
    const states = await Promise.all(this.workers.map(async (worker) => ({ name: worker.name, report: (await worker.state())?.health })));
    const reports = states.flatMap(({ report }) => (report === undefined ? [] : [report]));
    const parts = new Map<string, PartReport>([['workers', this.workersPart(states)]]);
    for (const report of reports) for (const [name, part] of Object.entries(report.parts)) parts.set(name, worse(parts.get(name), part));
    const status = reports.find((report) => report.status === 'ready')?.status ?? reports[0]?.status ?? 'starting';
    const state = WORST_FIRST.find((candidate) => [...parts.values()].some((part) => part.state === candidate)) ?? 'ok';
    return { status, state, parts: Object.fromEntries(parts) };
  }

  private workersPart(states: readonly { readonly name: string; readonly report: HealthReport | undefined }[]): PartReport {
    const about = { since: this.startedAt, age_ms: Date.now() - this.startedAt };
    const unready = states
      .filter(({ report }) => report?.status !== 'ready')
      .map(({ name, report }) => `${name} (${report?.status ?? 'no answer'})`);
    if (unready.length === 0) return { state: 'ok', ...about };
    const affects = 'the other workers serve all connections of this port';
    return { state: unready.length === states.length ? 'down' : 'degraded', detail: `not ready: ${unready.join(', ')}`, affects, ...about };
  }

  private async read(worker: AskedWorker): Promise<void> {
    const state = await worker.state();
    if (state !== undefined) this.sums.put(worker.name, state.metrics);
  }
}

function worse(known: PartReport | undefined, part: PartReport): PartReport {
  if (known === undefined) return part;
  return WORST_FIRST.indexOf(part.state) < WORST_FIRST.indexOf(known.state) ? part : known;
}
