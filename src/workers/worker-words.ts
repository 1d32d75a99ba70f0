import type { HealthReport } from '../monitoring/health/health.js';
import type { MetricValues } from '../monitoring/metrics/summed-metrics.js';

/** What a worker knows when it is ready, for the banner. */
export interface WorkerFacts {
  readonly port: number;
  /** Secrets that this very start made: shown once. */
  readonly generatedApiKey: string | undefined;
  readonly generatedPassword: string | undefined;
}

/** What the supervisor asks of a worker. */
export interface WorkerQuestion {
  readonly id: number;
}

/** What a worker is and has counted. */
export interface WorkerState {
  readonly health: HealthReport;
  readonly metrics: readonly MetricValues[];
}

/** What a worker tells its supervisor. */
export type WorkerWord =
  { readonly kind: 'ready'; readonly facts: WorkerFacts } | { readonly kind: 'state'; readonly id: number; readonly state: WorkerState };
